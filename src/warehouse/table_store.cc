#include "warehouse/table_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/definition.h"

#include "base/crash_point.h"

namespace tailrace::warehouse {
namespace {

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

std::string DropViewSql(std::string_view name) { return "DROP VIEW IF EXISTS " + sql::QuoteIdentifier(name); }

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

std::set<std::string, std::less<>> TableStore::Growing() const {
  std::set<std::string, std::less<>> growing;
  for (const auto& [name, table] : tables_) {
    const bool is_folded = std::any_of(table.incremental.partials.begin(), table.incremental.partials.end(),
                                       [](const sql::Partial& partial) { return !partial.compact_sql.empty(); });
    if (!is_folded && table.incremental.partials.size() == 1 && table.plan.unique.empty()) growing.insert(name);
  }
  return growing;
}

std::vector<MaterializationState> TableStore::States() const {
  std::vector<MaterializationState> states;
  for (const auto& [name, table] : tables_) {
    states.push_back({name, table.plan.stream, MaterializationKind::kTable, table.stored.positions, table.changed,
                      table.stored.letters, table.stored.flow, table.stored.commits, table.stored.counted_from, table.reasons});
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
  DefinitionChange change = CompareDefinitions(stored.fingerprint, plan.fingerprint);
  if (stored.physical_tables != PhysicalTables(table.incremental)) {
    change.must_rebuild = true;
    change.reasons.emplace_back("this version of the program keeps it otherwise");
  }
  table.changed = change.must_rebuild;
  table.reasons = std::move(change.reasons);
  table.growth.resize(table.incremental.partials.size());
  if (table.changed) return table;
  if (stored.fingerprint != plan.fingerprint) {
    TR_RETURN_IF_ERROR(Catalog::SetFingerprint(*connection_, stored.id, plan.fingerprint));
    table.stored.fingerprint = plan.fingerprint;
  }
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

CommitResult TableStore::Commit(const WarehouseCommit& commit) {
  if (Status prepared = Prepare(commit.names); !prepared)
    return tl::unexpected<CommitError>(CommitError{prepared.error(), ""});
  auto changes = CommitInTransaction(commit);
  if (!changes) {
    connection_->Rollback();
    return tl::unexpected<CommitError>(
        CommitError{Retryable(std::move(changes.error().error)), std::move(changes.error().materialization)});
  }
  std::vector<Flow> flows;
  for (size_t i = 0; i < commit.names.size(); ++i) {
    KeptTable& table = tables_.find(commit.names[i])->second;
    const Change& change = (*changes)[i];
    Advance(change.entry, commit.positions, &table.stored);
    for (size_t partial = 0; partial < change.added.size(); ++partial)
      table.growth[partial].rows_since += change.added[partial];
    flows.push_back(table.stored.flow);
  }
  return flows;
}

tl::expected<std::vector<TableStore::Change>, CommitError> TableStore::CommitInTransaction(
    const WarehouseCommit& commit) {
  const auto fail = [](Error error, const std::string& table = "") {
    return tl::unexpected<CommitError>(CommitError{std::move(error), table});
  };
  if (Status begun = connection_->Begin(); !begun) return fail(begun.error());
  std::vector<Change> changes;
  std::vector<CommitEntry> entries;
  for (const std::string& name : commit.names) {
    if (Status fault = Fault(FaultPoint::kTableInsert); !fault) return fail(fault.error(), name);
    Result<Change> change = ChangeOf(tables_.find(name)->second, commit);
    if (!change) {
      const bool of_the_data = change.error().code() == ErrorCode::kInvalid;
      return fail(change.error().With("table " + name), of_the_data ? name : "");
    }
    entries.push_back(change->entry);
    changes.push_back(std::move(*change));
  }
  Status done = connection_->Execute(AddCommitsSql(CommitsTable::kTables, entries, commit.positions, commit.time_ms));
  if (done) done = Fault(FaultPoint::kTableCommit);
  TR_CRASH_POINT("warehouse.tables_written");
  if (done) done = connection_->Commit();
  TR_CRASH_POINT("warehouse.tables_committed");
  if (!done) return fail(done.error());
  return changes;
}

// Inserts the rows of the range, and counts its records.
Result<TableStore::Change> TableStore::ChangeOf(KeptTable& table, const WarehouseCommit& commit) {
  TR_TRY(sql::BatchRelation * relation, RelationOf(table.plan.stream));
  TR_RETURN_IF_ERROR(PrepareStatements(table));
  sql::BatchRows rows{&ChunksOf(*commit.batch), commit.range.begin, commit.range.end, {}};
  for (const RowExclusion& exclusion : commit.exclusions) {
    if (exclusion.materialization == table.stored.name) rows.excluded = exclusion.rows;
  }
  const int64_t excluded = ExcludedIn(commit.range, rows.excluded);
  relation->Show(std::move(rows));
  auto added = Insert(table);
  auto counts = added ? table.count->RunForNumbers() : Result<std::vector<int64_t>>(Fail(added.error()));
  relation->Hide();
  if (!counts) return Fail(counts.error());
  Change change{NextEntry(table.stored, commit), std::move(*added)};
  change.entry.flow += Flow{commit.read, counts->at(0), counts->at(1), commit.undecodable + excluded};
  return change;
}

Status TableStore::PrepareStatements(KeptTable& table) {
  for (size_t i = table.inserts.size(); i < table.incremental.partials.size(); ++i) {
    const sql::Partial& partial = table.incremental.partials[i];
    TR_TRY(sql::Statement insert,
           sql::Statement::Prepare(
               *connection_,
               fmt::format("INSERT INTO {} {}", sql::QuoteIdentifier(partial.physical_name), partial.select_sql)));
    table.inserts.push_back(std::move(insert));
  }
  if (table.count) return {};
  TR_TRY(table.count, sql::Statement::Prepare(*connection_, table.incremental.count_sql));
  return {};
}

// The batch relation shows the rows.
Result<std::vector<int64_t>> TableStore::Insert(KeptTable& table) {
  std::vector<int64_t> added;
  for (sql::Statement& insert : table.inserts) {
    TR_TRY(const int64_t count, insert.Run());
    added.push_back(count);
  }
  return added;
}

Status TableStore::Evaluate(std::string_view name, const StreamBatch& batch, const Trial& trial, RowRange* suspects) {
  TR_TRY(KeptTable * table, Find(name));
  // What is being rebuilt is asked by its new definition.
  if (const auto shadow = tables_.find(ShadowName(name)); table->changed && shadow != tables_.end())
    table = &shadow->second;
  TR_TRY(sql::BatchRelation * relation, RelationOf(table->plan.stream));
  TR_RETURN_IF_ERROR(connection_->Begin());
  relation->Show(RowsOf(batch, trial));
  const Status prepared = PrepareStatements(*table);
  const auto inserted = prepared ? Insert(*table) : Result<std::vector<int64_t>>(Fail(prepared.error()));
  if (suspects != nullptr) *suspects = {relation->last_handed_out().begin, relation->last_handed_out().end};
  relation->Hide();
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
    done = made ? connection_->Execute(ViewSql(shadow, made->incremental.view_sql)) : Status(Fail(made.error()));
    if (done) done = connection_->Commit();
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
  if (done) done = connection_->Execute(DropViewSql(ShadowName(name)));
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
  table->reasons.clear();
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
