#include "server/streams/letters_json.h"

#include "engine/byte_text.h"

namespace tailrace::server {
namespace {

// As it stands in the dead-letter log: text, or base64 where it is no UTF-8.
void WriteRaw(JsonWriter& json, const std::string& raw) {
  if (engine::IsUtf8(raw)) {
    json.Text("raw", raw);
  } else {
    json.Text("raw_base64", engine::Base64(raw));
  }
}

void WriteGroup(JsonWriter& json, const engine::FaultGroup& group, const std::string* example) {
  json.BeginObject().Text("id", group.id).Text("fault", group.fault).Text("stage", group.stage);
  if (!group.materialization.empty()) json.Text("materialization", group.materialization);
  json.Int("open", group.open).Int("pending", group.pending);
  WriteTime(json, "first", group.first_ms);
  WriteTime(json, "last", group.last_ms);
  json.Key("example").BeginObject().Int("letter", group.example.value);
  if (example != nullptr) WriteRaw(json, *example);
  json.EndObject().EndObject();
}

void WriteLetter(JsonWriter& json, const engine::StoredLetter& stored) {
  const engine::DeadLetter& letter = stored.entry.letter;
  json.BeginObject().Int("letter", stored.at.value).Text("state", stored.pending ? "pending" : "open");
  json.Text("fault_id", stored.fault_id).Text("fault", stored.entry.fault).Text("stage", engine::StageName(letter.stage));
  if (!letter.materialization.empty()) json.Text("materialization", letter.materialization);
  if (!letter.pointer.empty()) json.Text("pointer", letter.pointer);
  json.Text("reason", letter.reason);
  WriteTime(json, "time", stored.entry.time_ms);
  if (!letter.schema.empty()) json.Text("schema", letter.schema);
  if (letter.partition) {
    json.Int("partition", letter.partition->value).Int("offset", letter.offset.value).Int("seq", letter.seq.value);
  }
  if (!letter.source.empty()) json.Text("source", letter.source);
  if (!letter.request.empty()) {
    json.Text("request", letter.request).Int("index", letter.place);
  } else if (!letter.item.empty()) {
    json.Text("item", letter.item).Int("place", letter.place);
  }
  if (letter.line > 0) json.Int("line", letter.line);
  WriteRaw(json, letter.raw);
  if (!letter.record.empty()) json.Raw("record", letter.record);
  json.EndObject();
}

}  // namespace

void WriteFaultList(JsonWriter& json, std::string_view stream, const engine::FaultList& list) {
  json.BeginObject().Text("stream", stream).Int("open", list.open).Int("pending", list.pending);
  if (list.untracked > 0) json.Int("untracked", list.untracked);
  json.Key("faults").BeginArray();
  for (size_t i = 0; i < list.groups.size(); ++i) {
    WriteGroup(json, list.groups[i], i < list.examples.size() ? &list.examples[i] : nullptr);
  }
  json.EndArray().EndObject();
}

void WriteLetterPage(JsonWriter& json, const engine::LetterPage& page) {
  json.Key("letters").BeginArray();
  for (const engine::StoredLetter& letter : page.letters) WriteLetter(json, letter);
  json.EndArray().Key("next");
  if (page.next) {
    json.Int(page.next->value);
  } else {
    json.Null();
  }
}

void WriteResumed(JsonWriter& json, std::string_view stream, const std::optional<engine::RejectTrouble>& was) {
  json.BeginObject().Text("stream", stream).Key("was");
  if (was) {
    json.Text(was->reason);
  } else {
    json.Null();
  }
  json.Bool("paused", was && was->pauses).EndObject();
}

void WriteRedriveReport(JsonWriter& json, const engine::RedriveRequest& request, const engine::RedriveReport& report) {
  json.BeginObject().Text("stream", request.stream).Bool("dry_run", request.dry_run).Int("letters", report.letters);
  json.Int("sent", report.sent).Int("left", report.left).Int("failing", report.failing).Int("pending", report.pending);
  json.Key("failures").BeginArray();
  for (const engine::RedriveFailure& failure : report.failures) {
    json.BeginObject().Int("letter", failure.letter.value).Text("reason", failure.reason).EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace tailrace::server
