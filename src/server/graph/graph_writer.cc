#include "server/graph/graph_writer.h"

#include <utility>
#include <variant>

#include "engine/alert_desk.h"
#include "engine/job_desk.h"
#include "server/dashboards/dashboard_access.h"

namespace tailrace::server {
namespace {

using auth::ThingKind;

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

std::string_view FormatName(config::ExportStep::Format format) {
  switch (format) {
    case config::ExportStep::Format::kParquet:
      return "parquet";
    case config::ExportStep::Format::kCsv:
      return "csv";
    case config::ExportStep::Format::kJsonl:
      return "jsonl";
  }
  return "";
}

// Where its records come from, as far as everybody may know: no address of a peer, which may hold a secret.
std::string SourceDetail(const config::SourceSpec& source) {
  if (const auto* http = std::get_if<config::HttpSourceSpec>(&source.kind)) return http->method + " " + http->route;
  return {};
}

}  // namespace

GraphWriter::GraphWriter(const Services& services, const std::vector<GraphEdge>& edges, const RequestsOf& requests, const auth::Grant& grant,
                         std::string& out)
    : services_(services), pipeline_(services.pipeline), edges_(edges), requests_(requests), grant_(grant), json_(out), counts_(services) {
  CountLetters();
}

// What is open of each stream, and of each part that refused it.
void GraphWriter::CountLetters() {
  if (services_.letters == nullptr) return;
  for (const config::StreamSpec& stream : pipeline_.streams) {
    const auto standing = services_.letters->Standing(stream.name);
    if (!standing) continue;
    open_letters_[PartId("stream", stream.name)] = standing->open;
    for (const engine::FaultGroup& group : services_.letters->index(stream.name)->Groups()) {
      if (group.materialization.empty() || group.materialization == stream.name)
        door_letters_[stream.name] += group.open;
      else
        open_letters_[PartId(group.stage == "document" ? "collection" : "table", group.materialization)] += group.open;
    }
  }
}

void GraphWriter::Write() {
  json_.BeginObject();
  WriteTime(json_, "as_of", services_.clock.Now().millis());
  json_.Key("nodes").BeginArray();
  for (const config::SourceSpec& source : pipeline_.sources) WriteSource(source);
  for (size_t i = 0; i < pipeline_.streams.size(); ++i) WriteStream(i);
  for (const config::TableSpec& table : pipeline_.tables) WriteTable(table);
  for (const config::ViewSpec& view : pipeline_.views) WriteView(view);
  for (const config::CollectionSpec& collection : pipeline_.collections) WriteCollection(collection);
  for (const config::ApiSpec& api : pipeline_.apis) WriteApi(api);
  for (const config::DashboardSpec& dashboard : pipeline_.dashboards) WriteDashboard(dashboard);
  WriteLake();
  WriteJobs();
  WriteAlerts();
  json_.EndArray();
  WriteEdges();
  json_.EndObject();
}

bool GraphWriter::BeginNode(std::string_view kind, std::string_view name, int line, bool visible) {
  if (!visible) return false;
  const std::string id = PartId(kind, name);
  json_.BeginObject().Text("id", id).Text("kind", kind).Text("name", name).Int("line", line);
  if (const auto open = open_letters_.find(id); open != open_letters_.end()) json_.Int("open_letters", open->second);
  nodes_.insert(id);
  return true;
}

// A key for a part sees the part, and not what it is made of.
void GraphWriter::WriteSql(const config::SqlText& sql) {
  if (!sql.text.empty() && !grant_.limited()) json_.Text("sql", sql.text);
}

void GraphWriter::WriteColumns(const std::vector<config::ColumnSpec>& columns) {
  json_.Key("columns").BeginArray();
  for (const config::ColumnSpec& column : columns) json_.BeginObject().Text("name", column.name).Text("type", column.type).EndObject();
  json_.EndArray();
}

void GraphWriter::WriteRelationColumns(const std::string& name) {
  if (const auto found = pipeline_.relation_columns.find(name); found != pipeline_.relation_columns.end()) WriteColumns(found->second);
}

// Of what has positions of its own: "rows", "table", "collection".
void GraphWriter::WriteFlow(std::string_view kind, const std::string& name) {
  const MaterializationProgress* made = counts_.Made(kind, name);
  if (made == nullptr) return;
  json_.Key("flow").BeginObject().Int("read", made->flow.read).Int("emitted", made->flow.emitted).Int("filtered", made->flow.filtered);
  json_.Int("dead_lettered", made->flow.dead_lettered);
  if (const auto* audited = counts_.Audited(kind, name)) {
    json_.Int("in_flight", audited->in_flight).Key("lag_seconds").Number(audited->lag_seconds);
    json_.Bool("holds", audited->difference.empty());
    if (!audited->difference.empty()) json_.Text("difference", audited->difference);
  }
  json_.EndObject();
  if (!made->trouble.empty()) json_.Text("trouble", made->trouble).Bool("stopped", made->stopped);
}

bool GraphWriter::CoversTargets(const config::SourceSpec& source) const {
  for (const config::Target& target : source.into) {
    if (!grant_.Covers(ThingKind::kStream, target.stream)) return false;
  }
  return true;
}

void GraphWriter::WriteSource(const config::SourceSpec& source) {
  if (!BeginNode("source", source.name, source.place.line, CoversTargets(source))) return;
  json_.Text("type", SourceKind(source));
  if (const std::string detail = SourceDetail(source); !detail.empty()) json_.Text("detail", detail);
  const auto [accepted, refused] = counts_.Origin(source.name);
  json_.Int("accepted", accepted).Int("refused", refused).EndObject();
}

void GraphWriter::WriteStream(size_t index) {
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
  if (const auto* audited = counts_.Stream(stream.name)) json_.Int("letters", audited->letters).Int("held", audited->held);
  if (const auto refused = door_letters_.find(stream.name); refused != door_letters_.end()) json_.Int("door_letters", refused->second);
  WriteRelationColumns(stream.name);
  WriteFlow("rows", stream.name);
  if (!fenced.empty()) {
    json_.Text("trouble", fenced).Bool("stopped", true);
  } else if (const auto trouble = services_.rejects != nullptr ? services_.rejects->Known(index) : std::nullopt) {
    json_.Text("trouble", trouble->reason).Bool("paused", trouble->pauses);
  }
  json_.EndObject();
}

void GraphWriter::WriteTable(const config::TableSpec& table) {
  if (!BeginNode("table", table.name, table.place.line, grant_.Covers(ThingKind::kTable, table.name))) return;
  WriteSql(table.sql);
  WriteRelationColumns(table.name);
  WriteFlow("table", table.name);
  json_.EndObject();
}

void GraphWriter::WriteView(const config::ViewSpec& view) {
  if (!BeginNode("view", view.name, view.place.line, grant_.Covers(ThingKind::kTable, view.name))) return;
  WriteSql(view.sql);
  WriteRelationColumns(view.name);
  json_.EndObject();
}

void GraphWriter::WriteCollection(const config::CollectionSpec& collection) {
  if (!BeginNode("collection", collection.name, collection.place.line, grant_.Covers(ThingKind::kCollection, collection.name))) return;
  WriteSql(collection.sql);
  json_.Key("index").BeginArray();
  for (const std::string& column : collection.index) json_.Text(column);
  json_.EndArray();
  WriteFlow("collection", collection.name);
  json_.EndObject();
}

void GraphWriter::WriteApi(const config::ApiSpec& api) {
  if (!BeginNode("api", api.name, api.place.line, grant_.Covers(ThingKind::kApi, api.name))) return;
  json_.Text("detail", api.method + " " + api.route).Int("requests", requests_(api.method, api.route));
  WriteSql(api.sql);
  if (const auto found = pipeline_.api_columns.find(api.name); found != pipeline_.api_columns.end()) WriteColumns(found->second);
  json_.EndObject();
}

void GraphWriter::WriteDashboard(const config::DashboardSpec& dashboard) {
  if (!BeginNode("dashboard", dashboard.name, dashboard.place.line, CoversDashboard(grant_, pipeline_, dashboard))) return;
  json_.Text("detail", dashboard.title).Key("tiles").BeginArray();
  for (const config::TileSpec& tile : dashboard.tiles) {
    json_.BeginObject().Text("name", tile.name).Text("title", tile.title).Text("chart", config::ChartName(tile.chart)).Key("reads").BeginArray();
    for (const std::string& read : tile.reads) json_.Text(read);
    json_.EndArray().EndObject();
  }
  json_.EndArray().EndObject();
}

void GraphWriter::WriteLake() {
  for (const config::LakeStreamSpec& lake : pipeline_.lake.streams) {
    if (!BeginNode("lake", "raw/" + lake.stream, lake.place.line, grant_.Covers(ThingKind::kStream, lake.stream))) continue;
    WriteFlow("raw", lake.stream);
    json_.Text("detail", "every record, as it came").EndObject();
  }
  for (const config::LakeTableSpec& lake : pipeline_.lake.tables) {
    if (!BeginNode("lake", "tables/" + lake.table, lake.place.line, grant_.Covers(ThingKind::kTable, lake.table))) continue;
    WriteFlow("lake", lake.table);
    json_.Text("detail", "a Delta Lake table").EndObject();
  }
}

// Jobs and alerts may read everything, so a limited key sees none of them.
void GraphWriter::WriteJobs() {
  if (services_.jobs == nullptr || grant_.limited()) return;
  for (const engine::JobView& job : services_.jobs->Jobs()) {
    BeginNode("job", job.spec->name, job.spec->place.line, true);
    json_.Text("detail", job.spec->schedule_text.empty() ? "by hand" : job.spec->schedule_text);
    json_.Bool("running", job.running).Int("waiting", static_cast<int64_t>(job.waiting));
    if (job.next) WriteTime(json_, "next", job.next->millis());
    if (job.last) {
      json_.Key("last").BeginObject().Text("run", job.last->id).Text("state", RunStateName(job.last->state)).Int("rows", job.last->rows);
      if (job.last->ended_at.micros != 0) WriteTime(json_, "ended", job.last->ended_at.millis());
      json_.EndObject();
      if (job.last->state == RunState::kFailed) json_.Text("trouble", job.last->reason.empty() ? "the last run failed" : job.last->reason);
    }
    json_.EndObject();
    WriteExports(*job.spec);
  }
}

void GraphWriter::WriteExports(const config::JobSpec& job) {
  for (size_t number = 0; number < job.steps.size(); ++number) {
    const auto* files = std::get_if<config::ExportStep>(&job.steps[number].kind);
    if (files == nullptr) continue;
    BeginNode("export", ExportName(job, number), job.steps[number].place.line, true);
    json_.Text("type", FormatName(files->format)).Text("detail", files->to).Text("job", job.name).EndObject();
  }
}

void GraphWriter::WriteAlerts() {
  if (services_.alerts == nullptr || grant_.limited()) return;
  for (const engine::AlertView& alert : services_.alerts->Alerts()) {
    BeginNode("alert", alert.spec->name, alert.spec->place.line, true);
    json_.Text("state", alert.state);
    if (alert.since) WriteTime(json_, "since", alert.since->millis());
    if (!alert.message.empty()) json_.Text("detail", alert.message);
    WriteSql(alert.spec->sql);
    if (alert.silence) WriteTime(json_, "silenced_until", alert.silence->until.millis());
    if (!alert.error.empty()) json_.Text("trouble", alert.error);
    json_.EndObject();
  }
}

void GraphWriter::WriteEdges() {
  json_.Key("edges").BeginArray();
  for (const GraphEdge& edge : edges_) {
    if (nodes_.contains(edge.from) && nodes_.contains(edge.to)) json_.BeginObject().Text("from", edge.from).Text("to", edge.to).EndObject();
  }
  json_.EndArray();
}

}  // namespace tailrace::server
