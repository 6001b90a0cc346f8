#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "app/commands/declare.h"
#include "app/file_export.h"
#include "app/folder.h"
#include "app/json_value.h"
#include "app/pipeline_file.h"
#include "app/runtime.h"
#include "app/server_client.h"
#include "app/signals.h"
#include "base/clock.h"
#include "base/logging.h"
#include "config/stream_names.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string what;
  std::string pipeline = ".";
  std::string to;
  std::string format;
  std::vector<std::string> partition_by;
  std::optional<uint16_t> port;
};

// One word is a relation, anything else a SELECT.
bool IsSelect(const std::string& what) { return what.find_first_of(" \t\n") != std::string::npos; }

std::optional<ExportFormat> FormatFor(const Options& options) {
  if (options.format == "parquet") return ExportFormat::kParquet;
  if (options.format == "csv") return ExportFormat::kCsv;
  if (options.format == "jsonl") return ExportFormat::kJsonl;
  return ExportFormatOf(options.to);
}

std::string_view NameOf(ExportFormat format) {
  switch (format) {
    case ExportFormat::kParquet: return "parquet";
    case ExportFormat::kCsv: return "csv";
    case ExportFormat::kJsonl: break;
  }
  return "jsonl";
}

Result<int64_t> AskServer(HttpClient& client, const ExportJob& job, const Error& held, const std::stop_token& stop) {
  std::string body;
  server::JsonWriter json(body);
  json.BeginObject().Text("sql", job.sql).Text("to", job.to).Text("format", NameOf(job.format)).Key("partition_by").BeginArray();
  for (const std::string& column : job.partition_by) json.Text(column);
  json.EndArray().EndObject();
  const auto response = client.Send({.method = "POST", .target = "/export", .headers = {{"Content-Type", "application/json"}}, .body = body}, stop);
  if (!response && stop.stop_requested()) return Fail(Error::Cancelled("the export was stopped: what was there is still there"));
  if (!response) return Fail(NobodyToAsk(held, response.error()));
  TR_RETURN_IF_ERROR(StatusOf(*response));
  const auto answer = ParseJson(response->body);
  if (!answer || answer->Find("rows") == nullptr) return Fail(Error::Unavailable("the answer is not that of a Tailrace server"));
  return answer->IntOf("rows");
}

// Out of the folder when it is free, else by the server that holds it.
Result<int64_t> Write(config::Pipeline pipeline, ExportJob job, std::optional<uint16_t> port, const std::stop_token& stop) {
  const auto client = ClientOf(pipeline, port);
  const auto runtime = OpenFolderCaughtUp(std::move(pipeline), stop);
  if (!runtime && runtime.error().code() == ErrorCode::kConflict) return AskServer(*client, job, runtime.error(), stop);
  if (!runtime) return Fail(runtime.error());
  job.now_micros = SystemClock().Now().micros;
  auto rows = ExportFiles((*runtime)->export_services(), job, stop);
  (*runtime)->Stop();
  return rows;
}

ExitCode Export(const Options& options, Console& console) {
  const auto format = FormatFor(options);
  if (!format) return console.Wrong(fmt::format("\"{}\" does not tell the format: end it with .parquet, .csv or .jsonl, or give --format", options.to));
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  ExportJob job;
  job.sql = IsSelect(options.what) ? options.what : SelectAllOf(config::WithoutAlias(*pipeline, options.what));
  job.to = std::filesystem::absolute(options.to).lexically_normal().string();
  if (job.to.size() > 1 && job.to.ends_with('/')) job.to.pop_back();
  job.format = *format;
  job.partition_by = options.partition_by;
  const auto rows = Write(std::move(*pipeline), std::move(job), options.port, signals.token());
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
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Export(*options, console); };
}

}  // namespace tailrace::app
