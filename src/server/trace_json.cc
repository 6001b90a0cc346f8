#include "server/trace_json.h"

namespace tailrace::server {

void WriteTrace(JsonWriter& json, const engine::Trace& trace) {
  json.BeginObject().Text("stream", trace.stream).Int("partition", trace.partition.value).Int("offset", trace.offset.value);
  json.Int("seq", trace.seq.value).Int("ingested_at_ms", trace.ingested_at_ms);
  if (trace.key) json.Text("key", *trace.key);
  json.Text("record", trace.record).Key("materializations").BeginArray();
  for (const engine::TracedMaterialization& m : trace.materializations) {
    json.BeginObject().Text("kind", m.kind).Text("name", m.name).Text("fate", engine::FateName(m.fate));
    if (!m.reason.empty()) json.Text("reason", m.reason);
    if (m.commit) json.Key("commit").BeginObject().Int("number", m.commit->number).Text("time", m.commit->time).EndObject();
    if (!m.keys.empty()) {
      json.Key("keys").BeginArray();
      for (const std::string& key : m.keys) json.Text(key);
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace tailrace::server
