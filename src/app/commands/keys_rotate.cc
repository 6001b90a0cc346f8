#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/commands/keys_show.h"
#include "app/key_folder.h"
#include "app/pipeline_file.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string id;
  std::string pipeline = ".";
  std::string overlap = "24h";
  bool json = false;
};

ExitCode Rotate(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto overlap_ms = LifetimeOf("--overlap", options.overlap);
  if (!overlap_ms) return console.Report(overlap_ms.error());
  const auto keys = OpenKeys(*pipeline);
  if (!keys) return console.Report(keys.error());
  const auto issued = (*keys)->Rotate(options.id, *overlap_ms);
  if (!issued) return console.Report(issued.error());
  ShowIssuedKey(*issued, options.json, console);
  if (!options.json) console.ErrLine(fmt::format("key {} goes on for {}, then this one alone counts", options.id, options.overlap));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareKeysRotate(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("ID", "The key, as `keys list` shows it", &options->id);
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--overlap", "TIME", "How long both count (default 24h)", &options->overlap);
  arguments.Flag("--json", "As a JSON object", &options->json);
  return [options](Console& console) { return Rotate(*options, console); };
}

}  // namespace tailrace::app
