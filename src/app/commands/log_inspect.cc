#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "app/commands/declare.h"
#include "app/log_folder.h"
#include "app/pipeline_file.h"
#include "log/inspect.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  std::string stream;
  std::optional<int64_t> partition;
  std::optional<int64_t> from;
  std::optional<int64_t> limit;
  bool records = false;
  bool dead_letters = false;
};

constexpr int64_t kOffsetMax = INT64_MAX;

ExitCode Inspect(const Options& options, Console& console) {
  if (options.partition && options.stream.empty()) return console.Wrong("--partition needs --stream");
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto folder = OpenLogFolder(*pipeline, options.stream, /*exclusive=*/false);
  if (!folder) return console.Report(folder.error());
  std::string path = options.dead_letters ? folder->dead_letters : folder->records;
  if (options.partition) path += fmt::format("/{}", *options.partition);
  log::InspectOptions inspect;
  inspect.records = options.records;
  inspect.from = options.from.value_or(inspect.from);
  inspect.batches_max = options.limit.value_or(inspect.batches_max);
  const auto inspection = log::InspectLog(PosixFileSystem(), path, inspect);
  if (!inspection) return console.Report(inspection.error());
  console.Out(log::RenderInspection(*inspection));
  if (inspection->more) console.ErrLine("there is more: --from goes on, --limit shows more at a time");
  return ExitCode::kDone;
}

}  // namespace

Action DeclareLogInspect(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Option("--stream", "NAME", "Only this stream", &options->stream);
  arguments.Number("--partition", "Only this partition of it", 0, INT32_MAX, &options->partition);
  arguments.Number("--from", "Leave out batches that end at or below this offset", 0, kOffsetMax, &options->from);
  arguments.Number("--limit", "How many batches at most (default 1000)", 1, kOffsetMax, &options->limit);
  arguments.Flag("--records", "Also the records of each batch", &options->records);
  arguments.Flag("--dead-letters", "The dead letters instead", &options->dead_letters);
  return [options](Console& console) { return Inspect(*options, console); };
}

}  // namespace tailrace::app
