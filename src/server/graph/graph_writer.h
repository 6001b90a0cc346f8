// Writes the graph of a pipeline as JSON: its parts, how each of them stands, and what leads to what.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/grant.h"
#include "engine/dead_letters.h"
#include "server/graph/graph_shape.h"
#include "server/graph/part_counts.h"
#include "server/http/json_out.h"
#include "server/services.h"

namespace tailrace::server {

// Answers that an API of this method and pattern has given.
using RequestsOf = std::function<int64_t(const std::string& method, const std::string& pattern)>;

// One graph. Threads: one, for the time of a request; may read the log.
class GraphWriter {
 public:
  GraphWriter(const Services& services, const std::vector<GraphEdge>& edges, const RequestsOf& requests, const auth::Grant& grant, std::string& out);

  void Write();

 private:
  bool BeginNode(std::string_view kind, std::string_view name, int line, bool visible);
  void WriteSql(const config::SqlText& sql);
  void WriteColumns(const std::vector<config::ColumnSpec>& columns);
  void WriteRelationColumns(const std::string& name);
  void WriteFlow(std::string_view kind, const std::string& name);
  bool CoversTargets(const config::SourceSpec& source) const;
  void WriteSource(const config::SourceSpec& source);
  void WriteStream(size_t index);
  void WriteTable(const config::TableSpec& table);
  void WriteView(const config::ViewSpec& view);
  void WriteCollection(const config::CollectionSpec& collection);
  void WriteApi(const config::ApiSpec& api);
  void WriteDashboard(const config::DashboardSpec& dashboard);
  void WriteLake();
  void WriteJobs();
  void WriteExports(const config::JobSpec& job);
  void WriteAlerts();
  void WriteEdges();
  void CountLetters();

  const Services& services_;
  const config::Pipeline& pipeline_;
  const std::vector<GraphEdge>& edges_;
  const RequestsOf& requests_;
  const auth::Grant& grant_;
  JsonWriter json_;
  const PartCounts counts_;
  std::map<std::string, int64_t> open_letters_;  // by the part that could not take the records; of a stream: all
  std::map<std::string, int64_t> door_letters_;  // by the stream: those that never became records of it
  std::set<std::string> nodes_;
};

}  // namespace tailrace::server
