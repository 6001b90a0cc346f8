// The tables that are kept incrementally: their physical tables, what a batch adds to them, their shadows, their
// compaction.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"
#include "sql/batch_function.h"
#include "sql/duckdb.h"
#include "sql/scratch.h"
#include "sql/statement.h"
#include "sql/table_plan.h"
#include "warehouse/catalog.h"
#include "warehouse/duckdb_warehouse.h"
#include "warehouse/stream_batch.h"

namespace tailrace::warehouse {

using Streams = std::map<std::string, StreamInfo, std::less<>>;

// Threads: one, the engine's table thread. Ownership: borrows the connection, which is this thread's own, and the
// streams.
class TableStore {
 public:
  TableStore(sql::Connection& connection, const Streams& streams, const DuckDbWarehouseOptions& options)
      : connection_(&connection), streams_(&streams), options_(&options) {}

  // Inside the caller's transaction.
  Status Adopt(const std::vector<TablePlan>& plans, const std::vector<StoredMaterialization>& stored);
  std::vector<MaterializationState> States() const;

  CommitResult Commit(const WarehouseCommit& commit);
  Status Evaluate(std::string_view table, const StreamBatch& batch, const Trial& trial, RowRange* suspects);

  bool Has(std::string_view table) const { return tables_.contains(table); }
  // Those whose rows are added at the end and stay as they are.
  std::set<std::string, std::less<>> Growing() const;
  Status BeginShadow(std::string_view table);
  // `views` are made again in the same transaction: their columns may be others now.
  Status FinishShadow(std::string_view table, const std::vector<ViewPlan>& views);

  Status Compact();

 private:
  // A physical table and how far it has grown since it was folded.
  struct Growth {
    int64_t rows_after_compaction = 0;
    int64_t rows_since = 0;
  };

  struct KeptTable {
    TablePlan plan;
    StoredMaterialization stored;
    sql::IncrementalPlan incremental;
    bool changed = false;
    std::vector<std::string> reasons;     // why
    std::vector<sql::Statement> inserts;  // one a partial; made at the first use
    std::optional<sql::Statement> count;  // of records; made at the first use
    std::vector<Growth> growth;           // one a partial
  };

  // What one commit does to one table.
  struct Change {
    CommitEntry entry;
    std::vector<int64_t> added;  // rows, by partial
  };

  Result<KeptTable> Create(const std::string& name, const TablePlan& plan);
  Result<KeptTable> Take(const TablePlan& plan, const StoredMaterialization& stored);
  Result<sql::IncrementalPlan> PlanOf(const TablePlan& plan, int64_t id);
  Result<KeptTable*> Find(std::string_view name);
  Result<sql::BatchRelation*> RelationOf(const std::string& stream);

  Status Prepare(const std::vector<std::string>& names);
  tl::expected<std::vector<Change>, CommitError> CommitInTransaction(const WarehouseCommit& commit);
  Result<Change> ChangeOf(KeptTable& table, const WarehouseCommit& commit);
  Status PrepareStatements(KeptTable& table);
  Result<std::vector<int64_t>> Insert(KeptTable& table);
  Status CompactPartial(const sql::Partial& partial, Growth* growth);
  Status Fault(FaultPoint point);

  sql::Connection* connection_;
  const Streams* streams_;
  const DuckDbWarehouseOptions* options_;
  std::map<std::string, std::unique_ptr<sql::BatchRelation>, std::less<>> relations_;  // by stream
  std::map<std::string, KeptTable, std::less<>> tables_;                               // shadows too
};

// CREATE OR REPLACE VIEW.
std::string ViewSql(std::string_view name, std::string_view select);
std::string DropViewSql(std::string_view name);

}  // namespace tailrace::warehouse
