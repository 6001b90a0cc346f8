#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/backup.h"
#include "app/commands/declare.h"
#include "app/pipeline_file.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string from;
  std::string pipeline = ".";
  bool json = false;
};

ExitCode Restore(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto restored = RestoreBackup(options.from, pipeline->server.data);
  if (!restored) return console.Report(restored.error());
  if (options.json) {
    console.OutLine(ToJson(*restored));
  } else {
    console.OutLine(fmt::format("restored {} of {}: {} files, {} bytes", pipeline->server.data, restored->made, restored->files, restored->bytes));
  }
  return ExitCode::kDone;
}

}  // namespace

Action DeclareRestore(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("FROM", "The folder of a backup", &options->from);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "What it holds, as a JSON object", &options->json);
  return [options](Console& console) { return Restore(*options, console); };
}

}  // namespace tailrace::app
