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

// "letter 7 at T, sent again 9 at T"
std::string LettersOf(const JsonValue& m) {
  const JsonValue* letters = m.Find("letters");
  std::string text;
  if (letters == nullptr) return text;
  for (const JsonValue& entry : letters->items) {
    const std::string_view what = entry.TextOf("what");
    text += fmt::format("{}{} {} at {}", text.empty() ? "" : ", ", what, entry.TextOf("entry"), entry.TextOf("time"));
  }
  return text;
}

std::string WhatOf(const JsonValue& m) {
  const std::string_view reason = m.TextOf("reason");
  std::string what(reason.substr(0, reason.find('\n')));
  if (const JsonValue* keys = m.Find("keys")) {
    for (const JsonValue& key : keys->items) what += (what.empty() ? "" : ", ") + key.text;
  }
  return OneLine(what);
}

// "from source sales_file, data.csv, line 813"
std::string OriginOf(const JsonValue& trace) {
  const JsonValue& from = *trace.Find("from");
  const std::string_view kind = from.TextOf("kind");
  if (kind == "unknown") return "from whom is not known: the version that took it kept no note";
  std::string text = kind == "door" ? fmt::format("from {}", from.TextOf("name")) : fmt::format("from source {}", from.TextOf("name"));
  if (const auto item = from.TextOf("item"); !item.empty()) text += fmt::format(", {}", item);
  if (const auto request = from.TextOf("request"); !request.empty()) text += fmt::format(", request {}", request);
  for (const char* unit : {"line", "byte", "row", "record", "entry"}) {
    if (from.Find(unit) != nullptr) text += fmt::format(", {} {}", unit, from.TextOf(unit));
  }
  if (const auto client = from.TextOf("client"); !client.empty()) text += fmt::format(", by {}", client);
  return OneLine(text);
}

// "sent again at T by entry 9: letter 7, refused at T: REASON"
std::string RedriveOf(const JsonValue& redrive) {
  std::string text = fmt::format("sent again at {} by entry {} of the dead letters: letter {}", redrive.TextOf("time"), redrive.TextOf("entry"),
                                 redrive.TextOf("letter"));
  if (redrive.Find("refused") != nullptr) text += fmt::format(", refused at {}: {}", redrive.TextOf("refused"), redrive.TextOf("reason"));
  std::string came;
  for (const char* member : {"source", "item", "request"}) {
    if (const auto part = redrive.TextOf(member); !part.empty()) came += (came.empty() ? "" : ", ") + std::string(part);
  }
  if (redrive.Find("line") != nullptr) came += fmt::format(", line {}", redrive.TextOf("line"));
  return OneLine(came.empty() ? text : text + "; it came from " + came);
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
  console.OutLine(fmt::format("{}  seq {}, received {}", console.Paint(Style::kBold, options.record), trace->TextOf("seq"), trace->TextOf("received")));
  console.OutLine(OriginOf(*trace));
  if (const JsonValue* redrive = trace->Find("sent_again")) console.OutLine(RedriveOf(*redrive));
  if (const auto file = trace->TextOf("file"); !file.empty()) console.OutLine(fmt::format("in {} at byte {}", OneLine(file), trace->TextOf("byte")));
  console.OutLine(console.Paint(Style::kDim, OneLine(trace->TextOf("record"))));
  console.Out(TableOf(*trace));
  for (const JsonValue& m : trace->Find("materializations")->items) {
    if (const std::string letters = LettersOf(m); !letters.empty()) console.OutLine(OneLine(fmt::format("{}: {}", m.TextOf("name"), letters)));
  }
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
