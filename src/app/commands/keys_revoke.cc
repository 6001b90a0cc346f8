#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/key_folder.h"
#include "app/pipeline_file.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string id;
  std::string pipeline = ".";
};

ExitCode Revoke(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto keys = OpenKeys(*pipeline);
  if (!keys) return console.Report(keys.error());
  if (const Status revoked = (*keys)->Revoke(options.id); !revoked) return console.Report(revoked.error());
  console.OutLine(fmt::format("revoked key {}; a running server refuses it within a second", options.id));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareKeysRevoke(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("ID", "The key, as `keys list` shows it", &options->id);
  arguments.Pipeline(&options->pipeline);
  return [options](Console& console) { return Revoke(*options, console); };
}

}  // namespace tailrace::app
