#include "server/streams/audit_json.h"

namespace tailrace::server {
namespace {

void WriteFlow(JsonWriter& json, const Flow& flow) {
  json.Int("read", flow.read).Int("emitted", flow.emitted).Int("filtered", flow.filtered).Int("dead_lettered", flow.dead_lettered);
}

void WriteOrigin(JsonWriter& json, const engine::AuditedOrigin& origin) {
  json.BeginObject().Text("name", origin.name).Int("accepted", origin.accepted).Int("refused", origin.refused);
  json.Int("duplicates", origin.duplicates);
  if (origin.recount) json.Int("recount", *origin.recount);
  json.EndObject();
}

void WriteStream(JsonWriter& json, const engine::AuditedStream& stream) {
  json.BeginObject().Text("stream", stream.name).Int("appended", stream.appended).Int("held", stream.held).Key("ends");
  WritePositions(json, stream.ends);
  json.Int("letters", stream.letters).Bool("holds", stream.difference.empty());
  if (!stream.difference.empty()) json.Text("difference", stream.difference);
  json.Key("origins").BeginArray();
  for (const engine::AuditedOrigin& origin : stream.origins) WriteOrigin(json, origin);
  json.EndArray().EndObject();
}

void WriteMaterialization(JsonWriter& json, const engine::AuditedMaterialization& m) {
  json.BeginObject().Text("kind", m.kind).Text("name", m.name).Text("stream", m.stream).Bool("holds", m.difference.empty());
  if (!m.difference.empty()) json.Text("difference", m.difference);
  WriteFlow(json, m.flow);
  json.Int("in_flight", m.in_flight).Key("lag_seconds").Number(m.lag_seconds).Key("positions");
  WritePositions(json, m.positions);
  if (!m.counted_from.empty()) {
    json.Key("counted_from");
    WritePositions(json, m.counted_from);
  }
  if (m.recount) {
    json.Key("recount").BeginObject();
    WriteFlow(json, *m.recount);
    json.EndObject();
  }
  json.EndObject();
}

}  // namespace

void WriteAudit(JsonWriter& json, const engine::Audit& audit, const std::function<bool(std::string_view stream)>& shown) {
  engine::Audit part;
  for (const engine::AuditedStream& stream : audit.streams) {
    if (shown(stream.name)) part.streams.push_back(stream);
  }
  for (const engine::AuditedMaterialization& m : audit.materializations) {
    if (shown(m.stream)) part.materializations.push_back(m);
  }
  json.BeginObject().Bool("holds", part.Holds());
  if (!part.Holds()) json.Text("difference", part.FirstDifference());
  json.Key("streams").BeginArray();
  for (const engine::AuditedStream& stream : part.streams) WriteStream(json, stream);
  json.EndArray().Key("materializations").BeginArray();
  for (const engine::AuditedMaterialization& m : part.materializations) WriteMaterialization(json, m);
  json.EndArray().EndObject();
}

}  // namespace tailrace::server
