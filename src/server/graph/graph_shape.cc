#include "server/graph/graph_shape.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "sql/job_statement.h"
#include "sql/syntax.h"

namespace tailrace::server {
namespace {

class Shaper {
 public:
  explicit Shaper(const config::Pipeline& pipeline) : pipeline_(pipeline) {
    for (const config::ViewSpec& view : pipeline.views) relations_[view.name] = PartId("view", view.name);
    for (const config::TableSpec& table : pipeline.tables) relations_[table.name] = PartId("table", table.name);
    for (const config::StreamSpec& stream : pipeline.streams) relations_[stream.name] = PartId("stream", stream.name);
    for (const config::JobSpec& job : pipeline.jobs) LookAtWrites(job);
  }

  std::vector<GraphEdge> Edges() {
    for (const config::SourceSpec& source : pipeline_.sources) {
      for (const config::Target& target : source.into) Lead(PartId("source", source.name), PartId("stream", target.stream));
    }
    for (const config::TableSpec& table : pipeline_.tables) Lead(PartId("stream", table.stream), PartId("table", table.name));
    for (const config::ViewSpec& view : pipeline_.views) LeadNames(view.reads, PartId("view", view.name));
    for (const config::CollectionSpec& collection : pipeline_.collections) LeadNames(collection.reads, PartId("collection", collection.name));
    for (const config::ApiSpec& api : pipeline_.apis) {
      if (!api.document.empty()) Lead(PartId("collection", api.document), PartId("api", api.name));
      LeadSelect(api.sql.text, PartId("api", api.name));
    }
    for (const config::DashboardSpec& dashboard : pipeline_.dashboards) {
      for (const config::TileSpec& tile : dashboard.tiles) LeadNames(tile.reads, PartId("dashboard", dashboard.name));
    }
    for (const config::LakeStreamSpec& lake : pipeline_.lake.streams) Lead(PartId("stream", lake.stream), PartId("lake", "raw/" + lake.stream));
    for (const config::LakeTableSpec& lake : pipeline_.lake.tables) Lead(PartId("table", lake.table), PartId("lake", "tables/" + lake.table));
    for (const config::JobSpec& job : pipeline_.jobs) LeadJob(job);
    for (const config::AlertSpec& alert : pipeline_.alerts) LeadSelect(alert.sql.text, PartId("alert", alert.name));
    return std::move(edges_);
  }

 private:
  void Lead(std::string from, std::string to) {
    GraphEdge edge{std::move(from), std::move(to)};
    if (edge.from != edge.to && known_.insert(edge).second) edges_.push_back(std::move(edge));
  }

  void LeadRelation(const std::string& name, const std::string& to) {
    if (const auto table = sql::JobsTableName(name)) {
      for (const std::string& job : writers_[*table]) Lead(PartId("job", job), to);
      return;
    }
    if (const auto found = relations_.find(name); found != relations_.end()) Lead(found->second, to);
  }

  void LeadNames(const std::vector<std::string>& names, const std::string& to) {
    for (const std::string& name : names) LeadRelation(name, to);
  }

  void LeadParsed(const sql::Select& select, const std::string& to) {
    for (const sql::RelationRef& read : select.Relations()) LeadRelation(read.name, to);
  }

  void LeadSelect(const std::string& text, const std::string& to) {
    if (text.empty()) return;
    if (const auto select = sql::Select::Parse(text)) LeadParsed(*select, to);
  }

  void LookAtWrites(const config::JobSpec& job) {
    for (const config::JobStep& step : job.steps) {
      const auto* sql = std::get_if<config::SqlStep>(&step.kind);
      if (sql == nullptr) continue;
      for (const config::SqlText& text : sql->statements) {
        const auto statement = sql::JobStatement::Parse(text.text);
        if (statement && statement->kind() != sql::JobStatementKind::kDrop) writers_[statement->table()].insert(job.name);
      }
    }
  }

  void LeadJob(const config::JobSpec& job) {
    const std::string id = PartId("job", job.name);
    for (const std::string& before : job.after) Lead(PartId("job", before), id);
    for (size_t number = 0; number < job.steps.size(); ++number) LeadStep(job, number, id);
  }

  void LeadStep(const config::JobSpec& job, size_t number, const std::string& id) {
    const auto& kind = job.steps[number].kind;
    if (const auto* step = std::get_if<config::SqlStep>(&kind)) {
      for (const config::SqlText& text : step->statements) {
        const auto statement = sql::JobStatement::Parse(text.text);
        if (statement && statement->select()) LeadParsed(*statement->select(), id);
      }
    } else if (const auto* message = std::get_if<config::NotifyStep>(&kind)) {
      LeadSelect(message->sql.text, id);
    } else if (const auto* poll = std::get_if<config::PollStep>(&kind)) {
      for (const std::string& source : poll->sources) Lead(id, PartId("source", source));
    } else if (const auto* files = std::get_if<config::ExportStep>(&kind)) {
      const std::string to = PartId("export", ExportName(job, number));
      Lead(id, to);
      for (const config::ExportStep::Part& part : files->parts) LeadSelect(part.sql.text, to);
    }
  }

  const config::Pipeline& pipeline_;
  std::map<std::string, std::string> relations_;          // ids of streams, tables and views, by name
  std::map<std::string, std::set<std::string>> writers_;  // jobs, by the table of schema jobs
  std::set<GraphEdge> known_;
  std::vector<GraphEdge> edges_;
};

}  // namespace

std::string PartId(std::string_view kind, std::string_view name) { return std::string(kind) + "/" + std::string(name); }

std::string ExportName(const config::JobSpec& job, size_t step) {
  const std::string& name = job.steps[step].name;
  const auto alike = std::count_if(job.steps.begin(), job.steps.end(), [&](const config::JobStep& other) { return other.name == name; });
  return job.name + "/" + name + (alike > 1 ? "-" + std::to_string(step + 1) : "");
}

std::set<std::string> PartsOf(const config::Pipeline& pipeline) {
  std::set<std::string> parts;
  const auto add = [&](std::string_view kind, const auto& all) {
    for (const auto& one : all) parts.insert(PartId(kind, one.name));
  };
  add("source", pipeline.sources);
  add("stream", pipeline.streams);
  add("table", pipeline.tables);
  add("view", pipeline.views);
  add("collection", pipeline.collections);
  add("api", pipeline.apis);
  add("dashboard", pipeline.dashboards);
  add("job", pipeline.jobs);
  add("alert", pipeline.alerts);
  for (const config::LakeStreamSpec& lake : pipeline.lake.streams) parts.insert(PartId("lake", "raw/" + lake.stream));
  for (const config::LakeTableSpec& lake : pipeline.lake.tables) parts.insert(PartId("lake", "tables/" + lake.table));
  for (const config::JobSpec& job : pipeline.jobs) {
    for (size_t number = 0; number < job.steps.size(); ++number) {
      if (std::holds_alternative<config::ExportStep>(job.steps[number].kind)) parts.insert(PartId("export", ExportName(job, number)));
    }
  }
  return parts;
}

std::vector<GraphEdge> EdgesOf(const config::Pipeline& pipeline) { return Shaper(pipeline).Edges(); }

}  // namespace tailrace::server
