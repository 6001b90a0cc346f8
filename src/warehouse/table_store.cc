#include "warehouse/table_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crash_point.h"

namespace tailrace::warehouse {
namespace {

// Every so many commits the older positions are deleted; until then each commit only adds rows.
constexpr int64_t kCommitsBetweenPrunes = 512;

std::string ShadowName(std::string_view table) { return std::string(table).append(Warehouse::kShadowSuffix); }

std::string ColumnList(const std::vector<sql::ResultColumn>& columns) {
  std::string list;
  for (const sql::ResultColumn& column : columns) {
    fmt::format_to(std::back_inserter(list), "{}{} {}", list.empty() ? "" : ", ", sql::QuoteIdentifier(column.name),
                   column.type);
  }
  return list;
}

std::string CreateSql(std::string_view name, const std::vector<sql::ResultColumn>& columns) {
  return fmt::format("CREATE TABLE {}({})", sql::QuoteIdentifier(name), ColumnList(columns));
}

std::vector<std::string> PhysicalTables(const sql::IncrementalPlan& plan) {
  std::vector<std::string> names;
  for (const sql::Partial& partial : plan.partials) names.push_back(partial.physical_name);
  return names;
}

// Another transaction was in the way: the same one again will pass.
Error Retryable(Error error) {
  return error.code() == ErrorCode::kConflict ? Error::Unavailable(error.message()) : error;
}

}  // namespace

std::string ViewSql(std::string_view name, std::string_view select) {
  return fmt::format("CREATE OR REPLACE VIEW {} AS {}", sql::QuoteIdentifier(name), select);
}

Status TableStore::Fault(FaultPoint point) { return options_->fault ? options_->fault(point, *connection_) : Status(); }

Status TableStore::Adopt(const std::vector<TablePlan>& plans, const std::vector<StoredMaterialization>& stored) {
  for (const TablePlan& plan : plans) {
    const auto found = std::find_if(stored.begin(), stored.end(), [&](const StoredMaterialization& known) {
      return known.kind == MaterializationKind::kTable && known.name == plan.name;
    });
    TR_TRY(KeptTable table, found == stored.end() ? Create(plan.name, plan) : Take(plan, *found));
    if (!table.changed) TR_RETURN_IF_ERROR(connection_->Execute(ViewSql(plan.name, table.incremental.view_sql)));
    tables_.insert_or_assign(plan.name, std::move(table));
  }
  return {};
}

std::vector<MaterializationState> TableStore::States() const {
  std::vector<MaterializationState> states;
  for (const auto& [name, table] : tables_) {
    states.push_back({name, table.plan.stream, MaterializationKind::kTable, table.stored.positions, table.changed});
  }
  return states;
}

Result<sql::IncrementalPlan> TableStore::PlanOf(const TablePlan& plan, int64_t id) {
  const auto stream = streams_->find(plan.stream);
  if (stream == streams_->end())
    return Fail(Error::Invalid("table " + plan.name + " reads stream " + plan.stream + ", which is not there"));
  TR_TRY(const std::unique_ptr<sql::Scratch> scratch, sql::Scratch::Open());
  TR_RETURN_IF_ERROR(scratch->AddStream(plan.stream, stream->second.plan.schema));
  const sql::TablePlanRequest request{PhysicalName(plan.name, id), plan.sql, plan.stream,
                                      sql::Scratch::BatchRelation(plan.stream), plan.unique};
  auto planned = sql::PlanTable(request, *scratch);
  if (!planned) return Fail(Error::Invalid("table " + plan.name + ": " + planned.error().message));
  return std::move(*planned);
}

Result<TableStore::KeptTable> TableStore::Create(const std::string& name, const TablePlan& plan) {
  KeptTable table;
  table.plan = plan;
  TR_TRY(table.stored.id, Catalog::NextId(*connection_));
  TR_TRY(table.incremental, PlanOf(plan, table.stored.id));
  table.stored.name = name;
  table.stored.stream = plan.stream;
  table.stored.fingerprint = plan.fingerprint;
  table.stored.physical_tables = PhysicalTables(table.incremental);
  table.stored.positions.resize(static_cast<size_t>(streams_->find(plan.stream)->second.plan.partitions));
  table.growth.resize(table.incremental.partials.size());
  for (const sql::Partial& partial : table.incremental.partials) {
    TR_RETURN_IF_ERROR(connection_->Execute(CreateSql(partial.physical_name, partial.columns)));
  }
  TR_RETURN_IF_ERROR(Catalog::Add(*connection_, table.stored));
  return table;
}

Result<TableStore::KeptTable> TableStore::Take(const TablePlan& plan, const StoredMaterialization& stored) {
  KeptTable table;
  table.plan = plan;
  table.stored = stored;
  TR_TRY(table.incremental, PlanOf(plan, stored.id));
  table.stored.positions.resize(static_cast<size_t>(streams_->find(plan.stream)->second.plan.partitions));
  // Other physical tables under the same definition: this program plans it in another way than the one that made them.
  table.changed = stored.fingerprint != plan.fingerprint || stored.physical_tables != PhysicalTables(table.incremental);
  table.growth.resize(table.incremental.partials.size());
  if (table.changed) return table;
  for (size_t i = 0; i < table.growth.size(); ++i) {
    TR_TRY(const sql::TextResult rows,
           connection_->Query("SELECT count(*) FROM " + sql::QuoteIdentifier(stored.physical_tables[i])));
    table.growth[i].rows_since = std::stoll(rows.rows[0][0].value_or("0"));
  }
  return table;
}

Result<TableStore::KeptTable*> TableStore::Find(std::string_view name) {
  const auto found = tables_.find(name);
  if (found == tables_.end()) return Fail(Error::NotFound("there is no table " + std::string(name)));
  return &found->second;
}

Result<sql::BatchRelation*> TableStore::RelationOf(const std::string& stream) {
  std::unique_ptr<sql::BatchRelation>& relation = relations_[stream];
  if (relation == nullptr) {
    const auto info = streams_->find(stream);
    if (info == streams_->end()) return Fail(Error::NotFound("there is no stream " + stream));
    TR_TRY(relation,
           sql::BatchRelation::Create(*connection_, info->second.layout, {sql::Scratch::BatchRelation(stream), false}));
  }
  return relation.get();
}

// Outside of the transaction: a batch relation made inside it would go with its rollback.
Status TableStore::Prepare(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    TR_TRY(const KeptTable* table, Find(name));
    TR_RETURN_IF_ERROR(RelationOf(table->plan.stream));
    if (table->changed)
      return Fail(Error::Conflict("table " + name + " was built by another definition: rebuild it first"));
  }
  return {};
}

tl::expected<void, CommitError> TableStore::Commit(const WarehouseCommit& commit) {
  if (Status prepared = Prepare(commit.names); !prepared)
    return tl::unexpected<CommitError>(CommitError{prepared.error(), ""});
  std::vector<std::vector<int64_t>> added;
  CommitResult result = CommitInTransaction(commit, &added);
  if (!result) {
    connection_->Rollback();
    result.error().error = Retryable(std::move(result.error().error));
    return result;
  }
  ++commits_;
  for (size_t i = 0; i < commit.names.size(); ++i) {
    KeptTable& table = tables_.find(commit.names[i])->second;
    table.stored.positions = commit.positions;
    for (size_t partial = 0; partial < added[i].size(); ++partial)
      table.growth[partial].rows_since += added[i][partial];
  }
  return result;
}

TableStore::CommitResult TableStore::CommitInTransaction(const WarehouseCommit& commit,
                                                         std::vector<std::vector<int64_t>>* added) {
  const auto fail = [](Error error, const std::string& table = "") {
    return tl::unexpected<CommitError>(CommitError{std::move(error), table});
  };
  if (Status begun = connection_->Begin(); !begun) return fail(begun.error());
  std::vector<int64_t> ids;
  for (const std::string& name : commit.names) {
    KeptTable& table = tables_.find(name)->second;
    sql::BatchRows rows{&ChunksOf(*commit.batch), commit.range.begin, commit.range.end, {}};
    for (const RowExclusion& exclusion : commit.exclusions) {
      if (exclusion.materialization == name) rows.excluded = exclusion.rows;
    }
    if (Status fault = Fault(FaultPoint::kTableInsert); !fault) return fail(fault.error(), name);
    Result<std::vector<int64_t>> inserted = Insert(table, std::move(rows));
    if (!inserted) {
      const bool of_the_data = inserted.error().code() == ErrorCode::kInvalid;
      return fail(inserted.error().With("table " + name), of_the_data ? name : "");
    }
    added->push_back(std::move(*inserted));
    ids.push_back(table.stored.id);
  }
  const bool prune = commits_ % kCommitsBetweenPrunes == kCommitsBetweenPrunes - 1;
  Status done = connection_->Execute(SetPositionsSql(PositionsTable::kTables, ids, commit.positions, prune));
  if (done) done = Fault(FaultPoint::kTableCommit);
  TR_CRASH_POINT("warehouse.tables_written");
  if (done) done = connection_->Commit();
  TR_CRASH_POINT("warehouse.tables_committed");
  if (!done) return fail(done.error());
  return {};
}

Result<std::vector<int64_t>> TableStore::Insert(KeptTable& table, sql::BatchRows rows) {
  TR_TRY(sql::BatchRelation * relation, RelationOf(table.plan.stream));
  for (size_t i = table.inserts.size(); i < table.incremental.partials.size(); ++i) {
    const sql::Partial& partial = table.incremental.partials[i];
    TR_TRY(sql::Statement insert,
           sql::Statement::Prepare(
               *connection_,
               fmt::format("INSERT INTO {} {}", sql::QuoteIdentifier(partial.physical_name), partial.select_sql)));
    table.inserts.push_back(std::move(insert));
  }
  relation->Show(std::move(rows));
  std::vector<int64_t> added;
  Status done;
  for (sql::Statement& insert : table.inserts) {
    Result<int64_t> count = insert.Run();
    if (!count) done = Fail(count.error());
    if (!done) break;
    added.push_back(*count);
  }
  relation->Hide();
  if (!done) return Fail(done.error());
  return added;
}

Status TableStore::Evaluate(std::string_view name, const StreamBatch& batch, RowRange range) {
  TR_TRY(KeptTable * table, Find(name));
  // What is being rebuilt is asked by its new definition.
  if (const auto shadow = tables_.find(ShadowName(name)); table->changed && shadow != tables_.end())
    table = &shadow->second;
  TR_RETURN_IF_ERROR(RelationOf(table->plan.stream));
  TR_RETURN_IF_ERROR(connection_->Begin());
  Result<std::vector<int64_t>> inserted = Insert(*table, {&ChunksOf(batch), range.begin, range.end, {}});
  connection_->Rollback();
  if (!inserted) return Fail(Retryable(inserted.error()));
  return {};
}

Status TableStore::BeginShadow(std::string_view name) {
  TR_TRY(KeptTable * table, Find(name));
  const TablePlan plan = table->plan;
  const std::string shadow = ShadowName(name);
  TR_RETURN_IF_ERROR(connection_->Begin());
  Status done;
  const auto old = tables_.find(shadow);
  if (old != tables_.end()) done = Catalog::Drop(*connection_, old->second.stored);
  if (done) {
    Result<KeptTable> made = Create(shadow, plan);
    done = made ? connection_->Commit() : Status(Fail(made.error()));
    if (done) tables_.insert_or_assign(shadow, std::move(*made));
  }
  if (!done) connection_->Rollback();
  return done;
}

Status TableStore::FinishShadow(std::string_view name, const std::vector<ViewPlan>& views) {
  TR_TRY(KeptTable * table, Find(name));
  TR_TRY(KeptTable * shadow, Find(ShadowName(name)));
  TR_RETURN_IF_ERROR(connection_->Begin());
  Status done = Catalog::Drop(*connection_, table->stored);
  if (done) done = Catalog::Rename(*connection_, shadow->stored.id, name);
  if (done) done = connection_->Execute(ViewSql(name, shadow->incremental.view_sql));
  for (const ViewPlan& view : views) {
    if (done) done = connection_->Execute(ViewSql(view.name, view.sql));
  }
  if (done) done = Fault(FaultPoint::kSwap);
  TR_CRASH_POINT("warehouse.table_swap_written");
  if (done) done = connection_->Commit();
  TR_CRASH_POINT("warehouse.table_swapped");
  if (!done) {
    connection_->Rollback();
    return Fail(Retryable(done.error()));
  }
  *table = std::move(*shadow);
  table->stored.name = name;
  table->changed = false;
  tables_.erase(ShadowName(name));
  return {};
}

Status TableStore::Compact() {
  for (auto& [name, table] : tables_) {
    if (table.changed) continue;
    for (size_t i = 0; i < table.incremental.partials.size(); ++i) {
      const sql::Partial& partial = table.incremental.partials[i];
      Growth& growth = table.growth[i];
      // Folded when as many rows came as there were, so that a row is read a bounded number of times.
      const int64_t due = std::max(static_cast<int64_t>(options_->compaction_rows_min), growth.rows_after_compaction);
      if (partial.compact_sql.empty() || growth.rows_since < due) continue;
      table.inserts.clear();
      Status done = CompactPartial(partial, &growth);
      if (!done) {
        connection_->Rollback();
        return Fail(Retryable(done.error()).With("compaction of " + name));
      }
    }
  }
  return {};
}

Status TableStore::CompactPartial(const sql::Partial& partial, Growth* growth) {
  const std::string fresh = partial.physical_name + "@compacted";
  TR_RETURN_IF_ERROR(connection_->Begin());
  TR_RETURN_IF_ERROR(connection_->Execute(CreateSql(fresh, partial.columns)));
  TR_TRY(sql::Statement fold,
         sql::Statement::Prepare(*connection_,
                                 fmt::format("INSERT INTO {} {}", sql::QuoteIdentifier(fresh), partial.compact_sql)));
  TR_TRY(const int64_t rows, fold.Run());
  TR_RETURN_IF_ERROR(connection_->Execute("DROP TABLE " + sql::QuoteIdentifier(partial.physical_name)));
  TR_RETURN_IF_ERROR(connection_->Execute(fmt::format("ALTER TABLE {} RENAME TO {}", sql::QuoteIdentifier(fresh),
                                                      sql::QuoteIdentifier(partial.physical_name))));
  TR_RETURN_IF_ERROR(Fault(FaultPoint::kCompaction));
  TR_CRASH_POINT("warehouse.compaction_written");
  TR_RETURN_IF_ERROR(connection_->Commit());
  TR_CRASH_POINT("warehouse.compacted");
  *growth = {rows, 0};
  return {};
}

}  // namespace tailrace::warehouse
