#include "warehouse/duckdb_warehouse.h"

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "sql/duckdb.h"
#include "warehouse/catalog.h"
#include "warehouse/job_runner.h"
#include "warehouse/projector.h"
#include "warehouse/query_runner.h"
#include "warehouse/row_store.h"
#include "warehouse/stream_batch.h"
#include "warehouse/table_store.h"

namespace tailrace::warehouse {
namespace {

// What a checkpoint may write before it gives anything back: the log's rows, and the blocks they go into.
constexpr int64_t kCheckpointRoomFactor = 2;
constexpr int64_t kCheckpointRoomMin = int64_t{16} << 20;

class DuckDbWarehouse final : public ExportingWarehouse {
 public:
  DuckDbWarehouse(DuckDbWarehouseOptions options, std::unique_ptr<sql::Database> database,
                  std::unique_ptr<sql::Connection> table_connection, std::unique_ptr<sql::Connection> row_connection)
      : options_(std::move(options)),
        database_(std::move(database)),
        table_connection_(std::move(table_connection)),
        row_connection_(std::move(row_connection)),
        tables_(*table_connection_, streams_, options_),
        rows_(*row_connection_, streams_, options_) {}

  Result<std::vector<MaterializationState>> Adopt(const WarehousePlan& plan) override;
  Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view stream) override;
  CommitResult Commit(const WarehouseCommit& commit) override;
  Status Evaluate(std::string_view table, const StreamBatch& batch, const Trial& trial, RowRange* suspects) override {
    return tables_.Evaluate(table, batch, trial, suspects);
  }
  Result<std::vector<ProjectedDocument>> Project(std::string_view collection, const StreamBatch& batch, const Trial& trial,
                                                 RowRange* suspects) override {
    return projector_->Project(collection, batch, trial, suspects);
  }
  Result<QuerySummary> Query(const QueryRequest& request, ResultSink& sink, std::stop_token stop) override;
  Status BeginShadow(std::string_view table) override;
  Status FinishShadow(std::string_view table) override;
  Status Maintain(bool idle) override;
  JobTables& jobs() { return *jobs_; }

  Result<FileExportSummary> Export(const FileExportRequest& request, const std::stop_token& stop) override { return queries_->Export(request, stop); }
  Result<QuerySummary> ExportArrow(const QueryRequest& query, const SelectList& select_list, const std::function<bool(std::string_view)>& take,
                                   const std::stop_token& stop) override {
    return queries_->ExportArrow(query, select_list, take, stop);
  }
  Result<std::vector<ColumnInfo>> Columns(const QueryRequest& query) override { return queries_->Columns(query); }
  Result<int64_t> Generation(std::string_view table) override { return queries_->Generation(table); }
  Result<RollupPtr> MakeRollup(const RollupRequest& request, const std::stop_token& stop) override { return queries_->MakeRollup(request, stop); }
  bool OnlyGrows(std::string_view table) const override { return growing_.contains(table); }

 private:
  Status Define(const WarehousePlan& plan);
  Status DefineInTransaction(const WarehousePlan& plan, const std::vector<StoredMaterialization>& stored);
  size_t LogBytes() const;
  bool HasRoomToCheckpoint() const;

  const DuckDbWarehouseOptions options_;

  // In the order in which they may go: what uses a connection before it, and all before the database.
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> table_connection_;
  std::unique_ptr<sql::Connection> row_connection_;
  Streams streams_;              // constant after Adopt
  std::vector<ViewPlan> views_;  // constant after Adopt
  std::set<std::string, std::less<>> growing_;  // tables that only grow; constant after Adopt
  TableStore tables_;
  RowStore rows_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<QueryRunner> queries_;
  std::unique_ptr<JobRunner> jobs_;  // from Adopt on
};

std::vector<QueryRunner::Relation> RelationsOf(const WarehousePlan& plan) {
  std::vector<QueryRunner::Relation> relations;
  for (const StreamPlan& stream : plan.streams) {
    if (stream.store) relations.push_back({stream.name, stream.name});
  }
  for (const TablePlan& table : plan.tables) relations.push_back({table.name, table.stream});
  return relations;
}

Result<std::vector<MaterializationState>> DuckDbWarehouse::Adopt(const WarehousePlan& plan) {
  for (const StreamPlan& stream : plan.streams) {
    streams_.insert_or_assign(
        stream.name, StreamInfo{stream, std::make_shared<const sql::BatchLayout>(stream.schema, stream.needs_record)});
  }
  views_ = QueryRunner::StoredViews(plan.views);
  TR_RETURN_IF_ERROR(Define(plan));
  TR_TRY(projector_, Projector::Open(streams_, plan.projections, options_.projection_bytes_max));
  TR_TRY(queries_, QueryRunner::Create(*database_, RelationsOf(plan), plan.views, options_.system_relations));
  growing_ = tables_.Growing();
  TR_TRY(jobs_, JobRunner::Open(*database_, *queries_));
  std::vector<MaterializationState> states = rows_.States();
  for (MaterializationState& state : tables_.States()) states.push_back(std::move(state));
  return states;
}

Status DuckDbWarehouse::Define(const WarehousePlan& plan) {
  TR_RETURN_IF_ERROR(Catalog::Open(*table_connection_));
  TR_TRY(const auto stored, Catalog::Load(*table_connection_));
  TR_RETURN_IF_ERROR(table_connection_->Begin());
  Status defined = DefineInTransaction(plan, stored);
  if (defined) return table_connection_->Commit();
  table_connection_->Rollback();
  return defined;
}

Status DuckDbWarehouse::DefineInTransaction(const WarehousePlan& plan,
                                            const std::vector<StoredMaterialization>& stored) {
  // A shadow left by a rebuild that did not end is of no use: the next one starts anew.
  for (const StoredMaterialization& known : stored) {
    if (!known.name.ends_with(kShadowSuffix)) continue;
    TR_RETURN_IF_ERROR(table_connection_->Execute(DropViewSql(known.name)));
    TR_RETURN_IF_ERROR(Catalog::Drop(*table_connection_, known));
  }
  TR_RETURN_IF_ERROR(rows_.Adopt(*table_connection_, stored));
  TR_RETURN_IF_ERROR(tables_.Adopt(plan.tables, stored));
  for (const ViewPlan& view : views_) {
    Status made = table_connection_->Execute(ViewSql(view.name, view.sql));
    if (!made) return Fail(made.error().With("view " + view.name));
  }
  return {};
}

Result<std::unique_ptr<StreamBatch>> DuckDbWarehouse::NewBatch(std::string_view stream) {
  const auto info = streams_.find(stream);
  if (info == streams_.end()) return Fail(Error::NotFound("there is no stream " + std::string(stream)));
  return std::make_unique<WarehouseBatch>(info->second.layout);
}

CommitResult DuckDbWarehouse::Commit(const WarehouseCommit& commit) {
  return commit.kind == MaterializationKind::kStoredRows ? rows_.Commit(commit) : tables_.Commit(commit);
}

Result<QuerySummary> DuckDbWarehouse::Query(const QueryRequest& request, ResultSink& sink, std::stop_token stop) {
  return queries_->Run(request, sink, stop);
}

Status DuckDbWarehouse::BeginShadow(std::string_view table) {
  return rows_.Has(table) ? rows_.BeginShadow(*table_connection_, table) : tables_.BeginShadow(table);
}

Status DuckDbWarehouse::FinishShadow(std::string_view table) {
  return rows_.Has(table) ? rows_.FinishShadow(*table_connection_, table, views_) : tables_.FinishShadow(table, views_);
}

size_t DuckDbWarehouse::LogBytes() const {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(options_.path + ".wal", error);
  return error ? 0 : static_cast<size_t>(bytes);
}

// A checkpoint that runs out of space ends the instance for good: nothing can be read any more until a restart.
bool DuckDbWarehouse::HasRoomToCheckpoint() const {
  const auto needed = static_cast<int64_t>(LogBytes()) * kCheckpointRoomFactor + kCheckpointRoomMin;
  if (options_.free_bytes) return options_.free_bytes() >= needed;
  std::error_code error;
  const auto space = std::filesystem::space(std::filesystem::path(options_.path).parent_path(), error);
  return error || static_cast<int64_t>(std::min<uintmax_t>(space.available, INT64_MAX)) >= needed;
}

Status DuckDbWarehouse::Maintain(bool idle) {
  TR_RETURN_IF_ERROR(tables_.Compact());
  if (!idle || LogBytes() < options_.checkpoint_bytes_min || !HasRoomToCheckpoint()) return {};
  // A transaction of the stored rows or a long reader may be in the way; there will be another quiet moment.
  (void)table_connection_->Execute("CHECKPOINT").has_value();
  return {};
}

}  // namespace

Result<std::unique_ptr<ExportingWarehouse>> OpenDuckDbWarehouse(const DuckDbWarehouseOptions& options) {
  sql::DatabaseOptions database_options;
  database_options.path = options.path;
  database_options.threads = options.threads;
  database_options.memory_bytes_max = options.memory_bytes_max;
  database_options.temp_directory = options.temp_directory;
  database_options.allowed_directories = options.allowed_directories;
  TR_TRY(auto database, sql::Database::Open(database_options));
  TR_TRY(auto table_connection, database->Connect());
  TR_TRY(auto row_connection, database->Connect());
  return std::make_unique<DuckDbWarehouse>(options, std::move(database), std::move(table_connection),
                                           std::move(row_connection));
}

JobTables& JobTablesOf(Warehouse& warehouse) { return static_cast<DuckDbWarehouse&>(warehouse).jobs(); }

}  // namespace tailrace::warehouse
