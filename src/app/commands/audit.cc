#include <fmt/format.h>

#include <memory>
#include <string>

#include "app/audit_door.h"
#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "app/signals.h"
#include "app/table_text.h"
#include "base/logging.h"

namespace tailrace::app {
namespace {

constexpr size_t kLineWidthMax = 160;

struct Options {
  std::string pipeline = ".";
  bool recount = false;
  bool json = false;
  std::optional<uint16_t> port;
};

struct Shown {
  const char* member;
  const char* title;
  const char* type;  // numbers stand to the right
};

constexpr Shown kColumns[] = {{"name", "name", "VARCHAR"},          {"kind", "kind", "VARCHAR"},
                              {"stream", "stream", "VARCHAR"},      {"read", "read", "BIGINT"},
                              {"emitted", "emitted", "BIGINT"},     {"filtered", "filtered", "BIGINT"},
                              {"dead_lettered", "dead", "BIGINT"},  {"in_flight", "in flight", "BIGINT"},
                              {"lag_seconds", "behind (s)", "DOUBLE"}, {"holds", "holds", "VARCHAR"}};

std::string TableOf(const JsonValue& audit) {
  QueryAnswer answer;
  for (const Shown& column : kColumns) answer.columns.push_back({column.title, column.type});
  for (const JsonValue& m : audit.Find("materializations")->items) {
    std::vector<JsonValue>& row = answer.rows.emplace_back();
    for (const Shown& column : kColumns) {
      const JsonValue* value = m.Find(column.member);
      row.push_back(value == nullptr ? JsonValue() : *value);
    }
    JsonValue& holds = row.back();
    holds.kind = JsonValue::Kind::kString;
    holds.text = holds.text == "true" ? "yes" : "NO";
  }
  return AlignedTable(answer, kLineWidthMax);
}

// Who brought the records, a line for each source and door.
std::string OriginsOf(const JsonValue& audit) {
  constexpr Shown kOriginColumns[] = {{"name", "brought by", "VARCHAR"}, {"stream", "stream", "VARCHAR"}, {"accepted", "accepted", "BIGINT"},
                                      {"refused", "refused", "BIGINT"}, {"duplicates", "again", "BIGINT"}};
  QueryAnswer answer;
  for (const Shown& column : kOriginColumns) answer.columns.push_back({column.title, column.type});
  for (const JsonValue& stream : audit.Find("streams")->items) {
    for (const JsonValue& origin : stream.Find("origins")->items) {
      std::vector<JsonValue>& row = answer.rows.emplace_back();
      for (const Shown& column : kOriginColumns) {
        const JsonValue* value = std::string_view(column.member) == "stream" ? stream.Find("stream") : origin.Find(column.member);
        row.push_back(value == nullptr ? JsonValue() : *value);
      }
      if (row.front().text.empty()) row.front().text = "(not known)";
    }
  }
  return answer.rows.empty() ? "" : AlignedTable(answer, kLineWidthMax) + "\n";
}

ExitCode Audit(const Options& options, Console& console) {
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  const auto audit = AskForAudit(std::move(*pipeline), {options.recount, options.port}, signals.token());
  if (!audit) return console.Report(audit.error());
  const bool holds = audit->TextOf("holds") == "true";
  if (options.json) {
    console.OutLine(ToJson(*audit));
    return holds ? ExitCode::kDone : ExitCode::kNo;
  }
  console.Out(OriginsOf(*audit));
  console.Out(TableOf(*audit));
  if (holds) {
    console.OutLine(fmt::format("{} {}", console.Paint(Style::kGreen, "holds:"),
                                options.recount ? "every record was counted again from the log, and the counters agree"
                                                : "read = emitted + filtered + dead-lettered, everywhere"));
    return ExitCode::kDone;
  }
  console.ErrLine(fmt::format("{} {}", console.PaintErr(Style::kRed, "does not hold:"), OneLine(audit->TextOf("difference"))));
  return ExitCode::kNo;
}

}  // namespace

Action DeclareAudit(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--recount", "Read the log again and count every record anew", &options->recount);
  arguments.Flag("--json", "As the JSON of GET /audit", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Audit(*options, console); };
}

}  // namespace tailrace::app
