#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/log_folder.h"
#include "app/pipeline_file.h"
#include "log/repair.h"
#include "server/http/json_out.h"

namespace tailrace::app {
namespace {

struct Options {
  std::string pipeline = ".";
  bool dry_run = false;
  bool json = false;
};

void WriteTexts(server::JsonWriter& json, std::string_view key, const std::vector<std::string>& texts) {
  json.Key(key).BeginArray();
  for (const std::string& text : texts) json.Text(text);
  json.EndArray();
}

std::string AsJson(const log::RepairReport& report, bool dry_run) {
  std::string text;
  server::JsonWriter json(text);
  json.BeginObject().Bool("sound", report.sound()).Bool("dry_run", dry_run).Int("lost_records", report.lost_records());
  json.Key("losses").BeginArray();
  for (const log::RepairedLoss& loss : report.losses) {
    json.BeginObject().Text("segment", loss.segment).Int("first", loss.lost.first).Int("end", loss.lost.end);
    json.Text("problem", loss.problem).Text("quarantine", loss.quarantine).EndObject();
  }
  json.EndArray();
  WriteTexts(json, "mended", report.mended);
  WriteTexts(json, "forgotten", report.forgotten);
  WriteTexts(json, "beyond_repair", report.beyond_repair);
  json.EndObject();
  return text;
}

ExitCode Repair(const Options& options, Console& console) {
  const auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  // Always everything: the numbers of records come from one sequence over all streams.
  const auto folder = OpenLogFolder(*pipeline, "", /*exclusive=*/true);
  if (!folder) return console.Report(folder.error());
  const auto report = log::RepairLog(PosixFileSystem(), {folder->records, folder->dead_letters}, options.dry_run);
  if (!report) return console.Report(report.error());
  if (options.json) {
    console.OutLine(AsJson(*report, options.dry_run));
  } else {
    console.Out(log::RenderRepair(*report, options.dry_run));
    if (report->lost_records() > 0 && !options.dry_run) {
      console.ErrLine(
          "What had been read before keeps the rows of lost records: tailrace rebuild NAME makes it agree with the "
          "log.");
    }
  }
  const bool to_do = options.dry_run && !report->sound();
  return report->beyond_repair.empty() && !to_do ? ExitCode::kDone : ExitCode::kNo;
}

}  // namespace

Action DeclareLogRepair(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--dry-run", "Only say what would be done; exit code 1 when there is something", &options->dry_run);
  arguments.Flag("--json", "The report as a JSON object", &options->json);
  return [options](Console& console) { return Repair(*options, console); };
}

}  // namespace tailrace::app
