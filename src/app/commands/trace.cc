#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <string>

#include "app/audit_door.h"
#include "app/commands/declare.h"
#include "app/pipeline_file.h"
#include "app/signals.h"
#include "app/table_text.h"
#include "base/logging.h"
#include "config/stream_names.h"

namespace tailrace::app {
namespace {

constexpr size_t kLineWidthMax = 160;

struct Options {
  std::string record;
  std::string pipeline = ".";
  bool json = false;
  std::optional<uint16_t> port;
};

// STREAM/PARTITION:OFFSET
std::optional<TraceRequest> ParseRecord(std::string_view text) {
  const size_t slash = text.rfind('/');
  const size_t colon = text.rfind(':');
  if (slash == std::string_view::npos || colon == std::string_view::npos || colon < slash) return std::nullopt;
  const auto number = [](std::string_view digits, auto* value) {
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), *value);
    return parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size() && *value >= 0;
  };
  TraceRequest request;
  request.stream = std::string(text.substr(0, slash));
  const bool good = number(text.substr(slash + 1, colon - slash - 1), &request.partition) && number(text.substr(colon + 1), &request.offset);
  return good ? std::optional(request) : std::nullopt;
}

JsonValue TextValue(std::string text) {
  JsonValue value;
  value.kind = JsonValue::Kind::kString;
  value.text = std::move(text);
  return value;
}

std::string WhatOf(const JsonValue& m) {
  const std::string_view reason = m.TextOf("reason");
  std::string what(reason.substr(0, reason.find('\n')));
  if (const JsonValue* keys = m.Find("keys")) {
    for (const JsonValue& key : keys->items) what += (what.empty() ? "" : ", ") + key.text;
  }
  return OneLine(what);
}

std::string TableOf(const JsonValue& trace) {
  QueryAnswer answer;
  for (const char* title : {"name", "kind", "fate", "commit", "committed at", "documents, or why"}) answer.columns.push_back({title, "VARCHAR"});
  for (const JsonValue& m : trace.Find("materializations")->items) {
    const JsonValue* commit = m.Find("commit");
    const auto of_commit = [&](std::string_view member) { return commit == nullptr ? std::string() : std::string(commit->TextOf(member)); };
    answer.rows.push_back({TextValue(std::string(m.TextOf("name"))), TextValue(std::string(m.TextOf("kind"))), TextValue(std::string(m.TextOf("fate"))),
                           TextValue(of_commit("number")), TextValue(of_commit("time")), TextValue(WhatOf(m))});
  }
  return AlignedTable(answer, kLineWidthMax);
}

ExitCode Trace(const Options& options, Console& console) {
  auto request = ParseRecord(options.record);
  if (!request) return console.Wrong(fmt::format("\"{}\" is not STREAM/PARTITION:OFFSET, as in sales/0:812", options.record));
  auto pipeline = LoadForCommand(options.pipeline, console);
  if (!pipeline) return pipeline.error();
  SetLogLevel(LogLevel::kError);
  const StopOnSignals signals;
  request->stream = config::WithoutAlias(*pipeline, request->stream);
  request->port = options.port;
  const auto trace = AskForTrace(std::move(*pipeline), *request, signals.token());
  if (!trace) return console.Report(trace.error());
  if (options.json) {
    console.OutLine(ToJson(*trace));
    return ExitCode::kDone;
  }
  console.OutLine(fmt::format("{}  seq {}, received at {} ms", console.Paint(Style::kBold, options.record), trace->TextOf("seq"), trace->TextOf("ingested_at_ms")));
  console.OutLine(console.Paint(Style::kDim, OneLine(trace->TextOf("record"))));
  console.Out(TableOf(*trace));
  return ExitCode::kDone;
}

}  // namespace

Action DeclareTrace(Arguments& arguments) {
  const auto options = std::make_shared<Options>();
  arguments.Required("RECORD", "STREAM/PARTITION:OFFSET, as in sales/0:812", &options->record);
  arguments.Pipeline(&options->pipeline);
  arguments.Flag("--json", "As the JSON of GET /trace", &options->json);
  arguments.Port("The port that `run --port` was given", &options->port);
  return [options](Console& console) { return Trace(*options, console); };
}

}  // namespace tailrace::app
