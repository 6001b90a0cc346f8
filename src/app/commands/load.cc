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
#include "sources/delta_table.h"
#include "sources/file_source.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string file;
  std::string pipeline = ".";
  std::string stream;
  std::string format;
  std::string encoding = "utf-8";
  std::string records;
  bool json = false;
  std::optional<uint16_t> port;
};

std::optional<config::FileFormat> FormatOf(const Options& options) {
  if (options.format.empty() && IsDeltaTable(options.file)) return config::FileFormat::kParquet;
  return FormatOfName(options.format.empty() ? options.file : "." + options.format);
}

Status CheckRecords(const config::FileSourceSpec& file) {
  const bool is_xml = file.format == config::FileFormat::kJson && IsXmlPath(file.path);
  const bool may = file.format == config::FileFormat::kJson || file.format == config::FileFormat::kJsonl;
  if (is_xml && file.records.empty())
    return Fail(Error::Invalid("XML needs --records: the way to the elements that are records, such as /catalog/book"));
  if (!file.records.empty() && !may) return Fail(Error::Invalid("--records is for json, jsonl and xml alone"));
  if (!file.records.empty() && file.records.front() != '/') return Fail(Error::Invalid("--records begins with a /"));
  return {};
}

Result<FileLoad> PlanOf(const Options& options, const config::Pipeline& pipeline) {
  TR_TRY(const std::string stream, config::StreamCalled(pipeline, options.stream));
  std::error_code failed;
  const auto format = FormatOf(options);
  const bool is_there = IsDeltaTable(options.file) || std::filesystem::is_regular_file(options.file, failed);
  if (!is_there && std::filesystem::is_directory(options.file, failed)) {
    return Fail(Error::Invalid(fmt::format("{} is a folder, and no Delta table: it has no _delta_log", options.file)));
  }
  if (!is_there) return Fail(Error::Invalid(fmt::format("{} is no file that can be read", options.file)));
  if (!format)
    return Fail(Error::Invalid(fmt::format("the name {} does not tell its format: say --format", options.file)));
  FileLoad load;
  load.file.path = std::filesystem::absolute(options.file, failed).lexically_normal().string();
  load.file.format = *format;
  load.file.records = options.records;
  TR_RETURN_IF_ERROR(CheckRecords(load.file));
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
  arguments.Required("FILE", "CSV, JSON, JSONL, Parquet or XML, or the folder of a Delta table", &options->file);
  arguments.Pipeline(&options->pipeline);
  arguments.RequiredOption("--into", "STREAM", "The stream", &options->stream);
  arguments.ChoiceOption("--format", "When the file's name does not tell it", {"csv", "json", "jsonl", "parquet", "delta"},
                         &options->format);
  arguments.Option("--records", "WAY", "Of JSON and XML: where the records of a document are, such as /trips/*", &options->records);
  arguments.ChoiceOption("--encoding", "Of CSV and JSON (default utf-8)", {"utf-8", "latin-1"}, &options->encoding);
  arguments.Flag("--json", "The summary as a JSON object", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Load(*options, console); };
}

}  // namespace tailrace::app
