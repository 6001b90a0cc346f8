#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "app/runtime.h"
#include "app/signals.h"
#include "config/nearest.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string name;
  std::string pipeline = ".";
};

std::vector<std::string> RebuildableNames(const config::Pipeline& pipeline) {
  std::vector<std::string> names;
  for (const auto& stream : pipeline.streams) {
    if (stream.store) names.push_back(stream.name);
  }
  for (const auto& table : pipeline.tables) names.push_back(table.name);
  for (const auto& collection : pipeline.collections) {
    if (!collection.stream.empty()) names.push_back(collection.name);
  }
  return names;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

ExitCode Rebuild(const Options& options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const std::vector<std::string> names = RebuildableNames(*pipeline);
  if (!Contains(names, options.name)) {
    return console.Wrong(fmt::format("no stream, table or collection over a stream is named {}{}", options.name,
                                     config::Suggestion(options.name, names)));
  }
  const StopOnSignals signals;
  RuntimeOptions runtime_options;
  runtime_options.serve = false;
  runtime_options.read_sources = false;
  auto runtime = Runtime::Open(std::move(*pipeline), std::move(runtime_options));
  if (!runtime) return console.Report(runtime.error());
  if (const Status started = (*runtime)->Start(); !started) return console.Report(started.error());
  const Status rebuilt = (*runtime)->Rebuild(options.name, signals.token());
  (*runtime)->Stop();
  if (!rebuilt) return console.Report(rebuilt.error());
  console.OutLine(fmt::format("{} {}", console.Paint(Style::kGreen, "rebuilt"), options.name));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareRebuild(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("NAME", "The table, collection or stream (its stored rows)", &options->name);
  arguments.Pipeline(&options->pipeline);
  return [options](Console& console) { return Rebuild(*options, console); };
}

}  // namespace tailrace::app
