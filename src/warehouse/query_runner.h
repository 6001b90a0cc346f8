// Queries: one SELECT in one snapshot, on connections of their own, with the positions that the answer holds.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/file_export.h"
#include "ports/rollup.h"
#include "ports/system_relation.h"
#include "ports/warehouse.h"
#include "sql/duckdb.h"
#include "sql/query_cursor.h"
#include "sql/syntax.h"
#include "warehouse/catalog.h"

namespace tailrace::warehouse {

// Threads: Run from any. Ownership: borrows the database.
class QueryRunner {
 public:
  struct Relation {
    std::string name;
    std::string stream;  // whose positions it holds
  };

  // `relations` are the tables and stored streams; `views` those of the pipeline, each after what it reads.
  static Result<std::unique_ptr<QueryRunner>> Create(sql::Database& database, const std::vector<Relation>& relations,
                                                     const std::vector<ViewPlan>& views,
                                                     const std::vector<SystemRelation>& system_relations);

  // Those of `views` that can be kept in the database: what reads a relation of the system is put into each query instead.
  static std::vector<ViewPlan> StoredViews(const std::vector<ViewPlan>& views);
  // A SELECT that may be run on a connection that knows nothing of system relations and has another clock.
  Result<std::string> SettledText(const sql::Select& select, int64_t now_micros) const;

  Result<QuerySummary> Run(const QueryRequest& request, ResultSink& sink, const std::stop_token& stop);

  // As FileExporter has them; in query_export.cc.
  Result<FileExportSummary> Export(const FileExportRequest& request, const std::stop_token& stop);
  Result<QuerySummary> ExportArrow(const QueryRequest& query, const SelectList& select_list, const std::function<bool(std::string_view)>& take,
                                   const std::stop_token& stop);
  Result<std::vector<ColumnInfo>> Columns(const QueryRequest& query);
  Result<int64_t> Generation(std::string_view table);

  // As RollupMaker has it; in query_rollup.cc.
  Result<RollupPtr> MakeRollup(const RollupRequest& request, const std::stop_token& stop);

 private:
  // Idle ones kept; the callers' threads bound how many are in use.
  static constexpr size_t kIdleConnectionsMax = 8;

  explicit QueryRunner(sql::Database& database) : database_(&database) {}

  struct Prepared {
    std::string sql;
    std::set<std::string> relations;  // tables and streams behind it, in lower case
  };

  Status AddView(const ViewPlan& view);
  Status AddSystemRelation(sql::Connection& connection, const SystemRelation& relation);
  bool ReadsSystemRelations(const sql::Select& select) const;
  Result<Prepared> Prepare(const QueryRequest& request) const;
  std::set<std::string> BaseRelations(const sql::Select& select) const;
  Result<QuerySummary> RunIn(sql::Connection& connection, const Prepared& prepared, const QueryRequest& request,
                             ResultSink& sink, const std::stop_token& stop) const;
  Result<FileExportSummary> ExportIn(sql::Connection& connection, const Prepared& prepared, const FileExportRequest& request,
                                     const std::stop_token& stop) const;
  Result<QuerySummary> ExportArrowIn(sql::Connection& connection, const Prepared& prepared, const QueryRequest& query, const SelectList& select_list,
                                     const std::function<bool(std::string_view)>& take, const std::stop_token& stop) const;
  Status AttachRollups(sql::Connection& connection);
  static std::vector<sql::BoundParameter> Bound(const QueryRequest& request);
  Result<std::vector<AsOf>> PositionsOf(sql::Connection& connection, const std::set<std::string>& relations) const;
  Result<std::unique_ptr<sql::Connection>> TakeConnection();
  void ReturnConnection(std::unique_ptr<sql::Connection> connection);

  sql::Database* database_;

  // Constant after construction. Names in lower case, as SQL compares them.
  std::map<std::string, Relation, std::less<>> relations_;
  std::map<std::string, std::set<std::string>, std::less<>> views_;  // the base relations behind each
  std::map<std::string, std::string> timed_views_;                   // that read now(), themselves or through another

  std::map<std::string, std::string> system_views_;                  // what stands for tailrace.NAME, and for views that read one

  std::mutex mutex_;
  std::vector<std::unique_ptr<sql::Connection>> idle_;  // protected by mutex_
  bool has_rollups_ = false;                            // their database is there; protected by mutex_
  std::atomic<int64_t> rollups_made_ = 0;
};

}  // namespace tailrace::warehouse
