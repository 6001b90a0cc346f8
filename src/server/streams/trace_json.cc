#include "server/streams/trace_json.h"

namespace tailrace::server {
namespace {

void WriteText(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.Text(name, text);
}

std::string_view KindName(OriginKind kind) {
  switch (kind) {
    case OriginKind::kUnknown: return "unknown";
    case OriginKind::kSource: return "source";
    case OriginKind::kDoor: return "door";
  }
  return "unknown";
}

void WriteOrigin(JsonWriter& json, const engine::TracedOrigin& from) {
  json.BeginObject().Text("kind", KindName(from.kind));
  WriteText(json, "name", from.name);
  WriteText(json, "client", from.client);
  WriteText(json, "item", from.item);
  WriteText(json, "request", from.request);
  if (from.unit != PlaceUnit::kNone) json.Int(PlaceUnitName(from.unit), from.place);
  json.EndObject();
}

void WriteRedrive(JsonWriter& json, const engine::TracedRedrive& redrive) {
  json.BeginObject().Int("entry", redrive.entry.value);
  WriteTime(json, "time", redrive.time_ms);
  json.Int("letter", redrive.letter.value);
  if (redrive.refused_ms > 0) WriteTime(json, "refused", redrive.refused_ms);
  WriteText(json, "reason", redrive.reason);
  WriteText(json, "source", redrive.source);
  WriteText(json, "item", redrive.item);
  if (redrive.line > 0) json.Int("line", redrive.line);
  WriteText(json, "request", redrive.request);
  json.EndObject();
}

void WriteLetters(JsonWriter& json, const std::vector<engine::TracedEntry>& letters) {
  json.BeginArray();
  for (const engine::TracedEntry& letter : letters) {
    json.BeginObject().Text("what", letter.what).Int("entry", letter.at.value);
    WriteTime(json, "time", letter.time_ms);
    WriteText(json, "reason", letter.reason);
    json.EndObject();
  }
  json.EndArray();
}

void WriteMaterialization(JsonWriter& json, const engine::TracedMaterialization& m) {
  json.BeginObject().Text("kind", m.kind).Text("name", m.name).Text("fate", engine::FateName(m.fate));
  WriteText(json, "reason", m.reason);
  if (m.commit) {
    json.Key("commit").BeginObject().Int("number", m.commit->number);
    WriteTime(json, "time", m.commit->time_ms);
    json.EndObject();
  }
  if (!m.keys.empty()) {
    json.Key("keys").BeginArray();
    for (const std::string& key : m.keys) json.Text(key);
    json.EndArray();
  }
  if (!m.letters.empty()) WriteLetters(json.Key("letters"), m.letters);
  json.EndObject();
}

}  // namespace

void WriteTrace(JsonWriter& json, const engine::Trace& trace) {
  json.BeginObject().Text("stream", trace.stream).Int("partition", trace.partition.value).Int("offset", trace.offset.value);
  json.Int("seq", trace.seq.value);
  WriteTime(json, "received", trace.ingested_at_ms);
  WriteOrigin(json.Key("from"), trace.from);
  if (trace.redrive) WriteRedrive(json.Key("sent_again"), *trace.redrive);
  if (!trace.file.empty()) json.Text("file", trace.file).Int("byte", trace.byte);
  if (trace.key) json.Text("key", *trace.key);
  json.Text("record", trace.record).Key("materializations").BeginArray();
  for (const engine::TracedMaterialization& m : trace.materializations) WriteMaterialization(json, m);
  json.EndArray().EndObject();
}

}  // namespace tailrace::server
