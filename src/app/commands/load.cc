#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/file_load.h"
#include "app/pipeline_file.h"
#include "app/progress_line.h"
#include "app/signals.h"
#include "app/source_report.h"
#include "base/logging.h"
#include "config/stream_names.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string file;
  std::string pipeline = ".";
  std::string stream;
  std::string format;
  std::string encoding = "utf-8";
  bool json = false;
  std::optional<uint16_t> port;
};

std::optional<config::FileFormat> FormatOf(const Options& options) {
  return FormatOfName(options.format.empty() ? options.file : "." + options.format);
}

Result<FileLoad> PlanOf(const Options& options, const config::Pipeline& pipeline) {
  TR_TRY(const std::string stream, config::StreamCalled(pipeline, options.stream));
  std::error_code failed;
  if (!std::filesystem::is_regular_file(options.file, failed)) {
    return Fail(Error::Invalid(fmt::format("{} is no file that can be read", options.file)));
  }
  const auto format = FormatOf(options);
  if (!format)
    return Fail(Error::Invalid(fmt::format("the name {} does not tell its format: say --format", options.file)));
  FileLoad load;
  load.file.path = std::filesystem::absolute(options.file, failed).lexically_normal().string();
  load.file.format = *format;
  load.file.encoding = options.encoding == "latin-1" ? config::TextEncoding::kLatin1 : config::TextEncoding::kUtf8;
  load.stream = stream;
  load.port = options.port;
  return load;
}

ExitCode Load(const Options& options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  const auto plan = PlanOf(options, *pipeline);
  if (!plan) return console.Report(plan.error());
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  ProgressLine line(console, options.stream);
  const auto loaded = LoadFile(
      std::move(*pipeline), *plan,
      [&](const LoadStep& step) {
        if (step.catching_up) return line.Say("tables and documents catch up");
        line.Show(step.rows, step.bytes_done, step.bytes_all);
      },
      signals.token());
  line.Clear();
  if (!loaded) {
    if (!signals.token().stop_requested()) return console.Report(loaded.error());
    console.ErrLine("stopped before the end; the same command goes on");
    return ExitCode::kNo;
  }
  for (const std::string& fault : loaded->faults) console.ErrLine(fault);
  const std::vector<SourceSummary> sources = {loaded->summary};
  console.Out(options.json ? SourceReportJson(sources, line.seconds()) : SourceReport(sources, line.seconds()));
  return loaded->summary.refused == 0 ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

Action DeclareLoad(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("FILE", "CSV, JSON, JSONL or Parquet", &options->file);
  arguments.Pipeline(&options->pipeline);
  arguments.RequiredOption("--into", "STREAM", "The stream", &options->stream);
  arguments.ChoiceOption("--format", "When the file's name does not tell it", {"csv", "json", "jsonl", "parquet"},
                         &options->format);
  arguments.ChoiceOption("--encoding", "Of CSV and JSON (default utf-8)", {"utf-8", "latin-1"}, &options->encoding);
  arguments.Flag("--json", "The summary as a JSON object", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Load(*options, console); };
}

}  // namespace tailrace::app
