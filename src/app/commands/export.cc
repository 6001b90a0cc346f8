#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/file_export.h"
#include "app/folder.h"
#include "app/pipeline_file.h"
#include "app/runtime.h"
#include "app/signals.h"
#include "base/clock.h"
#include "base/logging.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string what;
  std::string pipeline = ".";
  std::string to;
  std::string format;
  std::vector<std::string> partition_by;
};

// One word is a relation, anything else a SELECT.
bool IsSelect(const std::string& what) { return what.find_first_of(" \t\n") != std::string::npos; }

std::optional<ExportFormat> FormatFor(const Options& options) {
  if (options.format == "parquet") return ExportFormat::kParquet;
  if (options.format == "csv") return ExportFormat::kCsv;
  if (options.format == "jsonl") return ExportFormat::kJsonl;
  return ExportFormatOf(options.to);
}

ExitCode Export(const Options& options, Console& console) {
  const auto format = FormatFor(options);
  if (!format) return console.Wrong(fmt::format("\"{}\" does not tell the format: end it with .parquet, .csv or .jsonl, or give --format", options.to));
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto runtime = OpenFolderCaughtUp(std::move(*pipeline), signals.token());
  if (!runtime) return console.Report(runtime.error());
  ExportJob job;
  job.sql = IsSelect(options.what) ? options.what : SelectAllOf(options.what);
  job.now_micros = SystemClock().Now().micros;
  job.to = std::filesystem::absolute(options.to).lexically_normal().string();
  if (job.to.ends_with('/')) job.to.pop_back();
  job.format = *format;
  job.partition_by = options.partition_by;
  const auto rows = ExportFiles((*runtime)->export_services(), job, signals.token());
  (*runtime)->Stop();
  if (!rows) return console.Report(rows.error());
  console.OutLine(fmt::format("{} in {}", Counted(*rows, "row"), options.to));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareExport(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("WHAT", "A stream, table or view, or one SELECT", &options->what);
  arguments.Pipeline(&options->pipeline);
  arguments.RequiredOption("--to", "PATH", "The file; with --partition-by the folder. What is there is replaced at once", &options->to);
  arguments.ChoiceOption("--format", "When the path does not tell it", {"parquet", "csv", "jsonl"}, &options->format);
  arguments.Options("--partition-by", "COLUMN", "A folder COLUMN=VALUE for each value of it", &options->partition_by);
  return [options](Console& console) { return Export(*options, console); };
}

}  // namespace tailrace::app
