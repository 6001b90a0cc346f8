#include "warehouse/row_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "model/definition.h"

#include "base/crash_point.h"

namespace tailrace::warehouse {
namespace {

std::string ShadowName(std::string_view stream) { return std::string(stream).append(Warehouse::kShadowSuffix); }

// The stored rows change with the schema and nothing else.
std::string FingerprintOf(const StreamInfo& stream) { return StoredRowsDefinition(stream.plan.schema); }

// What versions before kept.
std::string OlderFingerprintOf(const StreamInfo& stream) {
  std::string text;
  for (const sql::ResultColumn& column : sql::StreamColumns(stream.plan.schema, false))
    text += column.name + " " + column.type + "\n";
  return text;
}

std::string CreateSql(std::string_view name, const std::vector<sql::ResultColumn>& columns) {
  std::string list;
  for (const sql::ResultColumn& column : columns) {
    fmt::format_to(std::back_inserter(list), "{}{} {}", list.empty() ? "" : ", ", sql::QuoteIdentifier(column.name),
                   column.type);
  }
  return fmt::format("CREATE TABLE {}({})", sql::QuoteIdentifier(name), list);
}

// The documented columns in the documented order, whatever the table holds.
std::string SelectSql(const StreamInfo& stream, std::string_view table) {
  std::string list;
  for (const sql::ResultColumn& column : sql::StreamColumns(stream.plan.schema, false)) {
    fmt::format_to(std::back_inserter(list), "{}{}", list.empty() ? "" : ", ", sql::QuoteIdentifier(column.name));
  }
  return fmt::format("SELECT {} FROM {}", list, sql::QuoteIdentifier(table));
}

}  // namespace

Status RowStore::Fault(FaultPoint point) { return options_->fault ? options_->fault(point, *connection_) : Status(); }

Status RowStore::Adopt(sql::Connection& definer, const std::vector<StoredMaterialization>& stored) {
  const std::lock_guard lock(mutex_);
  for (const auto& [name, stream] : *streams_) {
    if (!stream.plan.store) continue;
    const auto found = std::find_if(stored.begin(), stored.end(), [&name = name](const StoredMaterialization& known) {
      return known.kind == MaterializationKind::kStoredRows && known.name == name;
    });
    KeptRows rows;
    if (found == stored.end()) {
      TR_TRY(rows, Create(definer, name, stream));
    } else {
      rows.stream = name;
      rows.stored = *found;
      rows.stored.positions.resize(static_cast<size_t>(stream.plan.partitions));
      TR_RETURN_IF_ERROR(TakeOver(definer, stream, &rows));
    }
    if (!rows.changed)
      TR_RETURN_IF_ERROR(definer.Execute(ViewSql(name, SelectSql(stream, rows.stored.physical_tables[0]))));
    rows_.insert_or_assign(name, std::move(rows));
  }
  return {};
}

// Rows that a changed schema leaves as a replay would make them are made to fit it here.
Status RowStore::TakeOver(sql::Connection& definer, const StreamInfo& stream, KeptRows* rows) {
  const std::string wanted = FingerprintOf(stream);
  if (rows->stored.fingerprint == wanted) return {};
  if (rows->stored.fingerprint != OlderFingerprintOf(stream)) {
    DefinitionChange change = CompareStoredRows(rows->stored.fingerprint, wanted);
    rows->changed = change.must_rebuild;
    rows->reasons = std::move(change.reasons);
    if (rows->changed) return {};
    if (change.columns_change) TR_RETURN_IF_ERROR(FitColumns(definer, stream, rows->stored.physical_tables[0]));
  }
  rows->stored.fingerprint = wanted;
  return Catalog::SetFingerprint(definer, rows->stored.id, wanted);
}

// By a copy, as appending goes by the place of a column.
Status RowStore::FitColumns(sql::Connection& definer, const StreamInfo& stream, const std::string& table) {
  TR_TRY(const sql::TextResult found, definer.Query("SELECT column_name FROM duckdb_columns() WHERE schema_name = 'main' AND table_name = " +
                                                    sql::QuoteLiteral(table)));
  std::set<std::string> there;
  for (const auto& row : found.rows) there.insert(row[0].value_or(""));
  const auto columns = sql::StreamColumns(stream.plan.schema, false);
  std::string list;
  for (const sql::ResultColumn& column : columns) {
    fmt::format_to(std::back_inserter(list), "{}CAST({} AS {})", list.empty() ? "" : ", ",
                   there.contains(column.name) ? sql::QuoteIdentifier(column.name) : "NULL", column.type);
  }
  const std::string fitted = table + "@fitted";
  TR_RETURN_IF_ERROR(definer.Execute(CreateSql(fitted, columns)));
  TR_RETURN_IF_ERROR(definer.Execute(
      fmt::format("INSERT INTO {} SELECT {} FROM {}", sql::QuoteIdentifier(fitted), list, sql::QuoteIdentifier(table))));
  TR_RETURN_IF_ERROR(definer.Execute("DROP TABLE " + sql::QuoteIdentifier(table)));
  return definer.Execute(
      fmt::format("ALTER TABLE {} RENAME TO {}", sql::QuoteIdentifier(fitted), sql::QuoteIdentifier(table)));
}

std::vector<MaterializationState> RowStore::States() const {
  const std::lock_guard lock(mutex_);
  std::vector<MaterializationState> states;
  for (const auto& [name, rows] : rows_) {
    states.push_back({name, rows.stream, MaterializationKind::kStoredRows, rows.stored.positions, rows.changed,
                      rows.stored.letters, rows.stored.flow, rows.stored.commits, rows.stored.counted_from, rows.reasons});
  }
  return states;
}

bool RowStore::Has(std::string_view stream) const {
  const std::lock_guard lock(mutex_);
  return rows_.contains(stream);
}

Result<RowStore::KeptRows> RowStore::Create(sql::Connection& definer, const std::string& name,
                                            const StreamInfo& stream) {
  KeptRows rows;
  rows.stream = stream.plan.name;
  TR_TRY(rows.stored.id, Catalog::NextId(definer));
  rows.stored.name = name;
  rows.stored.kind = MaterializationKind::kStoredRows;
  rows.stored.stream = stream.plan.name;
  rows.stored.fingerprint = FingerprintOf(stream);
  rows.stored.physical_tables = {PhysicalName(stream.plan.name, rows.stored.id)};
  rows.stored.positions.resize(static_cast<size_t>(stream.plan.partitions));
  TR_RETURN_IF_ERROR(
      definer.Execute(CreateSql(rows.stored.physical_tables[0], sql::StreamColumns(stream.plan.schema, false))));
  TR_RETURN_IF_ERROR(Catalog::Add(definer, rows.stored));
  return rows;
}

CommitResult RowStore::Commit(const WarehouseCommit& commit) {
  const std::lock_guard lock(mutex_);
  std::vector<Flow> flows;
  for (const std::string& name : commit.names) {
    const auto found = rows_.find(name);
    Status done;
    if (found == rows_.end()) {
      done = Fail(Error::NotFound("the rows of " + name + " are not stored"));
    } else if (found->second.changed) {
      done = Fail(Error::Conflict("the rows of " + name + " were stored by another schema"));
    } else {
      done = CommitInTransaction(found->second, commit);
    }
    if (!done) return tl::unexpected<CommitError>(CommitError{done.error().With("rows of " + name), ""});
    flows.push_back(found->second.stored.flow);
  }
  return flows;
}

Status RowStore::CommitInTransaction(KeptRows& rows, const WarehouseCommit& commit) {
  TR_RETURN_IF_ERROR(connection_->Begin());
  CommitEntry entry = NextEntry(rows.stored, commit);
  const Result<Flow> appended = Append(rows, commit);
  Status done = appended ? Status() : Status(Fail(appended.error()));
  if (done) {
    entry.flow += *appended;
    done = connection_->Execute(AddCommitsSql(CommitsTable::kRows, {entry}, commit.positions, commit.time_ms));
  }
  if (done) done = Fault(FaultPoint::kRowsCommit);
  TR_CRASH_POINT("warehouse.rows_written");
  if (done) done = connection_->Commit();
  if (done) {
    TR_CRASH_POINT("warehouse.rows_committed");
    Advance(entry, commit.positions, &rows.stored);
    return {};
  }
  // Before the rollback: what the appender still holds must not be written after it.
  rows.appender.reset();
  connection_->Rollback();
  const Error& error = done.error();
  return Fail(error.code() == ErrorCode::kConflict ? Error::Unavailable(error.message()) : error);
}

Result<Flow> RowStore::Append(KeptRows& rows, const WarehouseCommit& commit) {
  TR_RETURN_IF_ERROR(Fault(FaultPoint::kRowsAppend));
  if (!rows.appender) {
    const StreamInfo& stream = streams_->find(rows.stream)->second;
    const size_t columns = sql::StreamColumns(stream.plan.schema, false).size();
    TR_TRY(rows.appender,
           sql::ChunkAppender::Create(*connection_, stream.layout, {"main", rows.stored.physical_tables[0], columns}));
  }
  std::vector<sql::BatchRows> selected{{&ChunksOf(*commit.batch), commit.range.begin, commit.range.end, {}}};
  for (const RowExclusion& exclusion : commit.exclusions) {
    if (exclusion.materialization == rows.stored.name) selected.front().excluded = exclusion.rows;
  }
  const int64_t left_out = ExcludedIn(commit.range, selected.front().excluded);
  for (const BatchPart& part : commit.further) selected.push_back({&ChunksOf(*part.batch), part.range.begin, part.range.end, {}});
  int64_t expected = -left_out;
  for (const sql::BatchRows& part : selected) expected += static_cast<int64_t>(part.end - part.begin);
  TR_TRY(const int64_t appended, rows.appender->Append(selected));
  if (appended == expected) return Flow{commit.read, appended, 0, commit.undecodable + left_out};
  return Fail(Error::Internal(fmt::format("{} rows were appended of {}", appended, expected)));
}

Status RowStore::BeginShadow(sql::Connection& definer, std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto stream = streams_->find(name);
  if (stream == streams_->end() || !rows_.contains(name))
    return Fail(Error::NotFound("there is no stream " + std::string(name)));
  const std::string shadow = ShadowName(name);
  TR_RETURN_IF_ERROR(definer.Begin());
  Status done;
  const auto old = rows_.find(shadow);
  if (old != rows_.end()) {
    old->second.appender.reset();
    done = Catalog::Drop(definer, old->second.stored);
  }
  if (done) {
    Result<KeptRows> made = Create(definer, shadow, stream->second);
    done = made ? definer.Execute(ViewSql(shadow, SelectSql(stream->second, made->stored.physical_tables[0])))
                : Status(Fail(made.error()));
    if (done) done = definer.Commit();
    if (done) rows_.insert_or_assign(shadow, std::move(*made));
  }
  if (!done) definer.Rollback();
  return done;
}

Status RowStore::FinishShadow(sql::Connection& definer, std::string_view name, const std::vector<ViewPlan>& views) {
  const std::lock_guard lock(mutex_);
  const auto rows = rows_.find(name);
  const auto shadow = rows_.find(ShadowName(name));
  if (rows == rows_.end() || shadow == rows_.end())
    return Fail(Error::NotFound("there is no shadow of " + std::string(name)));
  rows->second.appender.reset();
  TR_RETURN_IF_ERROR(definer.Begin());
  Status done = Catalog::Drop(definer, rows->second.stored);
  if (done) done = Catalog::Rename(definer, shadow->second.stored.id, name);
  if (done) {
    done = definer.Execute(
        ViewSql(name, SelectSql(streams_->find(name)->second, shadow->second.stored.physical_tables[0])));
  }
  if (done) done = definer.Execute(DropViewSql(ShadowName(name)));
  for (const ViewPlan& view : views) {
    if (done) done = definer.Execute(ViewSql(view.name, view.sql));
  }
  if (done && options_->fault) done = options_->fault(FaultPoint::kSwap, definer);
  TR_CRASH_POINT("warehouse.rows_swap_written");
  if (done) done = definer.Commit();
  TR_CRASH_POINT("warehouse.rows_swapped");
  if (!done) {
    definer.Rollback();
    return done;
  }
  rows->second = std::move(shadow->second);
  rows->second.stored.name = name;
  rows_.erase(shadow);
  return {};
}

}  // namespace tailrace::warehouse
