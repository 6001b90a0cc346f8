#include "server/graph_reads.h"

#include <map>
#include <set>
#include <utility>

#include "engine/auditor.h"
#include "server/json_out.h"
#include "sql/syntax.h"

namespace tailrace::server {
namespace {

using auth::ThingKind;

std::string Id(std::string_view kind, std::string_view name) { return std::string(kind) + "/" + std::string(name); }

std::string_view SourceKind(const config::SourceSpec& source) {
  struct Names {
    std::string_view operator()(const config::FileSourceSpec&) const { return "file"; }
    std::string_view operator()(const config::HttpSourceSpec&) const { return "http"; }
    std::string_view operator()(const config::GenerateSourceSpec&) const { return "generate"; }
    std::string_view operator()(const config::PollSourceSpec&) const { return "poll"; }
    std::string_view operator()(const config::DatabaseSourceSpec& database) const {
      return database.engine == config::DatabaseEngine::kPostgres ? "postgres" : "mysql";
    }
  };
  return std::visit(Names{}, source.kind);
}

// Where its records come from, as far as everybody may know: no address of a peer, which may hold a secret.
std::string SourceDetail(const config::SourceSpec& source) {
  if (const auto* http = std::get_if<config::HttpSourceSpec>(&source.kind)) return http->method + " " + http->route;
  return {};
}

// Writes one graph. Threads: one, for the time of a request.
class GraphWriter {
 public:
  using Reads = std::map<std::string, std::vector<std::string>>;

  GraphWriter(const Services& services, const Reads& reads_of_apis, const auth::Grant& grant, std::string& out)
      : services_(services), pipeline_(services.pipeline), reads_of_apis_(reads_of_apis), grant_(grant), json_(out) {
    for (const MaterializationProgress& made : services.progress.All()) {
      if (!made.shadow) made_.emplace(Id(made.kind, made.name), made);
    }
    if (services.auditor == nullptr) return;
    if (auto audit = services.auditor->Now()) audit_ = std::move(*audit);
    for (const engine::AuditedMaterialization& m : audit_.materializations) audited_.emplace(Id(m.kind, m.name), &m);
    for (const engine::AuditedStream& stream : audit_.streams) {
      for (const engine::AuditedOrigin& origin : stream.origins) {
        origins_[origin.name].first += origin.accepted;
        origins_[origin.name].second += origin.refused;
      }
    }
  }

  void Write() {
    json_.BeginObject();
    WriteTime(json_, "as_of", services_.clock.Now().micros / 1000);
    json_.Key("nodes").BeginArray();
    for (const config::SourceSpec& source : pipeline_.sources) WriteSource(source);
    for (size_t i = 0; i < pipeline_.streams.size(); ++i) WriteStream(i);
    for (const config::TableSpec& table : pipeline_.tables) WriteTable(table);
    for (const config::ViewSpec& view : pipeline_.views) WriteView(view);
    for (const config::CollectionSpec& collection : pipeline_.collections) WriteCollection(collection);
    for (const config::ApiSpec& api : pipeline_.apis) WriteApi(api);
    WriteLake();
    json_.EndArray();
    WriteEdges();
    json_.EndObject();
  }

 private:
  bool BeginNode(std::string_view kind, std::string_view name, int line, bool visible) {
    if (!visible) return false;
    nodes_.insert(Id(kind, name));
    json_.BeginObject().Text("id", Id(kind, name)).Text("kind", kind).Text("name", name).Int("line", line);
    return true;
  }

  void Lead(std::string from, std::string to) { edges_.emplace_back(std::move(from), std::move(to)); }

  // What is read by its name in SQL: a stream, a table or a view.
  std::string RelationId(const std::string& name) const {
    for (const config::StreamSpec& stream : pipeline_.streams) {
      if (stream.name == name) return Id("stream", name);
    }
    for (const config::TableSpec& table : pipeline_.tables) {
      if (table.name == name) return Id("table", name);
    }
    return Id("view", name);
  }

  // A key for a part sees the part, and not what it is made of.
  void WriteSql(const config::SqlText& sql) {
    if (!sql.text.empty() && !grant_.limited()) json_.Text("sql", sql.text);
  }

  void WriteColumns(const std::vector<config::ColumnSpec>& columns) {
    json_.Key("columns").BeginArray();
    for (const config::ColumnSpec& column : columns) json_.BeginObject().Text("name", column.name).Text("type", column.type).EndObject();
    json_.EndArray();
  }

  void WriteRelationColumns(const std::string& name) {
    if (const auto found = pipeline_.relation_columns.find(name); found != pipeline_.relation_columns.end()) WriteColumns(found->second);
  }

  // Of what has positions of its own: "rows", "table", "collection".
  void WriteFlow(std::string_view kind, const std::string& name) {
    const auto made = made_.find(Id(kind, name));
    if (made == made_.end()) return;
    const Flow& flow = made->second.flow;
    json_.Key("flow").BeginObject().Int("read", flow.read).Int("emitted", flow.emitted).Int("filtered", flow.filtered);
    json_.Int("dead_lettered", flow.dead_lettered);
    const auto audited = audited_.find(made->first);
    if (audited != audited_.end()) {
      json_.Int("in_flight", audited->second->in_flight).Key("lag_seconds").Number(audited->second->lag_seconds);
      json_.Bool("holds", audited->second->difference.empty());
      if (!audited->second->difference.empty()) json_.Text("difference", audited->second->difference);
    }
    json_.EndObject();
    if (!made->second.trouble.empty()) json_.Text("trouble", made->second.trouble).Bool("stopped", made->second.stopped);
  }

  bool CoversTargets(const config::SourceSpec& source) const {
    for (const config::Target& target : source.into) {
      if (!grant_.Covers(ThingKind::kStream, target.stream)) return false;
    }
    return true;
  }

  void WriteSource(const config::SourceSpec& source) {
    if (!BeginNode("source", source.name, source.place.line, CoversTargets(source))) return;
    json_.Text("type", SourceKind(source));
    if (const std::string detail = SourceDetail(source); !detail.empty()) json_.Text("detail", detail);
    const auto counts = origins_.find(source.name);
    json_.Int("accepted", counts == origins_.end() ? 0 : counts->second.first);
    json_.Int("refused", counts == origins_.end() ? 0 : counts->second.second).EndObject();
    for (const config::Target& target : source.into) Lead(Id("source", source.name), Id("stream", target.stream));
  }

  void WriteStream(size_t index) {
    const config::StreamSpec& stream = pipeline_.streams[index];
    if (!BeginNode("stream", stream.name, stream.place.line, grant_.Covers(ThingKind::kStream, stream.name))) return;
    int64_t records = 0;
    int64_t bytes = 0;
    std::string fenced;
    const auto partitions = services_.log.Partitions(services_.stream_ids[index]);
    for (const PartitionStatus& partition : partitions) {
      records += partition.end.value;
      bytes += partition.bytes;
      if (partition.fenced) fenced = partition.fenced->message();
    }
    json_.Int("records", records).Int("bytes", bytes).Int("partitions", static_cast<int64_t>(partitions.size()));
    for (const engine::AuditedStream& audited : audit_.streams) {
      if (audited.name == stream.name) json_.Int("letters", audited.letters).Int("held", audited.held);
    }
    WriteRelationColumns(stream.name);
    WriteFlow("rows", stream.name);
    if (!fenced.empty()) {
      json_.Text("trouble", fenced).Bool("stopped", true);
    } else if (const auto trouble = services_.rejects != nullptr ? services_.rejects->Known(index) : std::nullopt) {
      json_.Text("trouble", trouble->reason).Bool("paused", trouble->pauses);
    }
    json_.EndObject();
  }

  void WriteTable(const config::TableSpec& table) {
    if (!BeginNode("table", table.name, table.place.line, grant_.Covers(ThingKind::kTable, table.name))) return;
    WriteSql(table.sql);
    WriteRelationColumns(table.name);
    WriteFlow("table", table.name);
    json_.EndObject();
    Lead(Id("stream", table.stream), Id("table", table.name));
  }

  void WriteView(const config::ViewSpec& view) {
    if (!BeginNode("view", view.name, view.place.line, grant_.Covers(ThingKind::kTable, view.name))) return;
    WriteSql(view.sql);
    WriteRelationColumns(view.name);
    json_.EndObject();
    for (const std::string& read : view.reads) Lead(RelationId(read), Id("view", view.name));
  }

  void WriteCollection(const config::CollectionSpec& collection) {
    if (!BeginNode("collection", collection.name, collection.place.line, grant_.Covers(ThingKind::kCollection, collection.name))) return;
    WriteSql(collection.sql);
    json_.Key("index").BeginArray();
    for (const std::string& column : collection.index) json_.Text(column);
    json_.EndArray();
    WriteFlow("collection", collection.name);
    json_.EndObject();
    for (const std::string& read : collection.reads) Lead(RelationId(read), Id("collection", collection.name));
  }

  void WriteApi(const config::ApiSpec& api) {
    if (!BeginNode("api", api.name, api.place.line, grant_.Covers(ThingKind::kApi, api.name))) return;
    json_.Text("detail", api.method + " " + api.route);
    WriteSql(api.sql);
    if (const auto found = pipeline_.api_columns.find(api.name); found != pipeline_.api_columns.end()) WriteColumns(found->second);
    json_.EndObject();
    if (!api.document.empty()) Lead(Id("collection", api.document), Id("api", api.name));
    const auto reads = reads_of_apis_.find(api.name);
    if (reads == reads_of_apis_.end()) return;
    for (const std::string& read : reads->second) Lead(RelationId(read), Id("api", api.name));
  }

  void WriteLake() {
    for (const config::LakeStreamSpec& lake : pipeline_.lake.streams) {
      const std::string name = "raw/" + lake.stream;
      if (!BeginNode("lake", name, lake.place.line, grant_.Covers(ThingKind::kStream, lake.stream))) continue;
      WriteFlow("raw", lake.stream);
      json_.Text("detail", "every record, as it came").EndObject();
      Lead(Id("stream", lake.stream), Id("lake", name));
    }
    for (const config::LakeTableSpec& lake : pipeline_.lake.tables) {
      const std::string name = "tables/" + lake.table;
      if (!BeginNode("lake", name, lake.place.line, grant_.Covers(ThingKind::kTable, lake.table))) continue;
      WriteFlow("lake", lake.table);
      json_.Text("detail", "a Delta Lake table").EndObject();
      Lead(Id("table", lake.table), Id("lake", name));
    }
  }

  void WriteEdges() {
    json_.Key("edges").BeginArray();
    std::set<std::pair<std::string, std::string>> written;
    for (const auto& [from, to] : edges_) {
      if (!nodes_.contains(from) || !nodes_.contains(to) || !written.emplace(from, to).second) continue;
      json_.BeginObject().Text("from", from).Text("to", to).EndObject();
    }
    json_.EndArray();
  }

  const Services& services_;
  const config::Pipeline& pipeline_;
  const Reads& reads_of_apis_;
  const auth::Grant& grant_;
  JsonWriter json_;
  std::map<std::string, MaterializationProgress> made_;
  engine::Audit audit_;
  std::map<std::string, const engine::AuditedMaterialization*> audited_;
  std::map<std::string, std::pair<int64_t, int64_t>> origins_;  // accepted and refused, by source
  std::set<std::string> nodes_;
  std::vector<std::pair<std::string, std::string>> edges_;
};

// What does not parse was told when the file was read.
GraphWriter::Reads ReadsOfApis(const config::Pipeline& pipeline) {
  GraphWriter::Reads reads;
  for (const config::ApiSpec& api : pipeline.apis) {
    const auto select = sql::Select::Parse(api.sql.text);
    if (!select) continue;
    for (const sql::RelationRef& relation : select->Relations()) reads[api.name].push_back(relation.name);
  }
  return reads;
}

}  // namespace

GraphReads::GraphReads(const Services& services) : services_(services), reads_of_apis_(ReadsOfApis(services.pipeline)) {}

void GraphReads::Graph(const ExchangePtr& exchange) {
  Reply reply;
  GraphWriter(services_, reads_of_apis_, exchange->request().caller->grant, reply.body).Write();
  exchange->Send(std::move(reply));
}

}  // namespace tailrace::server
