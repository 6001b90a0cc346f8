#include "warehouse/catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

namespace tailrace::warehouse {
namespace {

constexpr std::string_view kCreate =
    "CREATE SCHEMA _tailrace;"
    "CREATE TABLE _tailrace.format(version BIGINT);"
    "CREATE SEQUENCE _tailrace.ids;"
    "CREATE TABLE _tailrace.materializations(id BIGINT, name VARCHAR, kind VARCHAR, stream VARCHAR, fingerprint "
    "VARCHAR);"
    "CREATE TABLE _tailrace.physical_tables(id BIGINT, place BIGINT, name VARCHAR);";

constexpr std::string_view kCreateCommits =
    "CREATE TABLE _tailrace.{0}_commits(id BIGINT, number BIGINT, time_ms BIGINT, positions BIGINT[], letters BIGINT, "
    "read BIGINT, emitted BIGINT, filtered BIGINT, dead_lettered BIGINT);";

// Of layout 1, which had the positions and no counters.
constexpr std::string_view kTakeOverPositions =
    "INSERT INTO _tailrace.{0}_commits SELECT id, 0, 0, list(next ORDER BY partition), 0, 0, 0, 0, 0 FROM (SELECT id, "
    "partition, max(next) AS next FROM _tailrace.{0}_positions GROUP BY ALL) GROUP BY id;"
    "DROP TABLE _tailrace.{0}_positions;";

std::string_view KindName(MaterializationKind kind) {
  return kind == MaterializationKind::kStoredRows ? "rows" : "table";
}

std::string_view TableName(CommitsTable table) {
  return table == CommitsTable::kRows ? "_tailrace.row_commits" : "_tailrace.table_commits";
}

int64_t Number(const std::optional<std::string>& text) {
  int64_t number = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

Result<int64_t> One(sql::Connection& connection, std::string_view query) {
  TR_TRY(sql::TextResult result, connection.Query(query));
  if (result.rows.empty()) return Fail(Error::Corruption("the warehouse's catalogue is empty"));
  return Number(result.rows[0][0]);
}

Status CreateCommits(sql::Connection& connection) {
  for (const std::string_view kind : {"table", "row"})
    TR_RETURN_IF_ERROR(connection.Execute(fmt::format(fmt::runtime(kCreateCommits), kind)));
  return {};
}

Status SetVersion(sql::Connection& connection) {
  return connection.Execute(
      fmt::format("DELETE FROM _tailrace.format; INSERT INTO _tailrace.format VALUES ({})", Catalog::kFormatVersion));
}

Status Create(sql::Connection& connection) {
  TR_RETURN_IF_ERROR(connection.Execute(kCreate));
  TR_RETURN_IF_ERROR(CreateCommits(connection));
  return SetVersion(connection);
}

Status TakeOverLayoutOne(sql::Connection& connection) {
  TR_RETURN_IF_ERROR(CreateCommits(connection));
  for (const std::string_view kind : {"table", "row"})
    TR_RETURN_IF_ERROR(connection.Execute(fmt::format(fmt::runtime(kTakeOverPositions), kind)));
  return SetVersion(connection);
}

Status InTransaction(sql::Connection& connection, Status (*change)(sql::Connection&)) {
  TR_RETURN_IF_ERROR(connection.Begin());
  Status changed = change(connection);
  if (changed) return connection.Commit();
  connection.Rollback();
  return changed;
}

// A list as DuckDB prints it: [1, 2, 3].
Positions PositionsOf(std::string_view list) {
  Positions positions;
  for (size_t at = list.find_first_of("0123456789"); at != std::string_view::npos;
       at = list.find_first_of("0123456789", at)) {
    Offset next;
    const auto parsed = std::from_chars(list.data() + at, list.data() + list.size(), next.value);
    positions.push_back(next);
    at = static_cast<size_t>(parsed.ptr - list.data());
  }
  return positions;
}

std::string ListOf(const Positions& positions) {
  std::string list;
  for (const Offset next : positions)
    fmt::format_to(std::back_inserter(list), "{}{}", list.empty() ? "" : ", ", next.value);
  return "[" + list + "]";
}

Error Orphan() { return Error::Corruption("the warehouse's catalogue speaks of a materialisation that is not there"); }

}  // namespace

std::string PhysicalName(std::string_view name, int64_t id) { return fmt::format("{}@{}", name, id); }

CommitsTable CommitsTableOf(MaterializationKind kind) {
  return kind == MaterializationKind::kStoredRows ? CommitsTable::kRows : CommitsTable::kTables;
}

Status Catalog::Open(sql::Connection& connection) {
  TR_TRY(const int64_t known,
         One(connection,
             "SELECT count(*) FROM duckdb_tables() WHERE schema_name = '_tailrace' AND table_name = 'format'"));
  if (known == 0) return InTransaction(connection, &Create);
  TR_TRY(const int64_t version, One(connection, "SELECT version FROM _tailrace.format"));
  if (version == kFormatVersion) return {};
  if (version == 1) return InTransaction(connection, &TakeOverLayoutOne);
  return Fail(
      Error::Invalid(fmt::format("the warehouse file has layout {}, this program writes {}", version, kFormatVersion)));
}

Result<std::vector<StoredMaterialization>> Catalog::Load(sql::Connection& connection) {
  std::map<int64_t, StoredMaterialization> by_id;
  TR_TRY(sql::TextResult all,
         connection.Query("SELECT id, name, kind, stream, fingerprint FROM _tailrace.materializations"));
  for (auto& row : all.rows) {
    StoredMaterialization& stored = by_id[Number(row[0])];
    stored.id = Number(row[0]);
    stored.name = row[1].value_or("");
    stored.kind = row[2] == KindName(MaterializationKind::kStoredRows) ? MaterializationKind::kStoredRows
                                                                       : MaterializationKind::kTable;
    stored.stream = row[3].value_or("");
    stored.fingerprint = row[4].value_or("");
  }
  TR_TRY(sql::TextResult tables, connection.Query("SELECT id, name FROM _tailrace.physical_tables ORDER BY id, place"));
  for (auto& row : tables.rows) {
    auto owner = by_id.find(Number(row[0]));
    if (owner == by_id.end()) return Fail(Orphan());
    owner->second.physical_tables.push_back(row[1].value_or(""));
  }
  TR_TRY(sql::TextResult commits,
         connection.Query(fmt::format("SELECT id, max(number), arg_max(CAST(positions AS VARCHAR), number), arg_max(letters, "
                                      "number), arg_max(read, number), arg_max(emitted, number), arg_max(filtered, number), "
                                      "arg_max(dead_lettered, number), CAST(any_value(positions) FILTER (WHERE number = 0) AS "
                                      "VARCHAR) FROM ({}) GROUP BY id",
                                      CommitsSql())));
  for (auto& row : commits.rows) {
    auto owner = by_id.find(Number(row[0]));
    if (owner == by_id.end()) return Fail(Orphan());
    StoredMaterialization& stored = owner->second;
    stored.commits = Number(row[1]);
    stored.positions = PositionsOf(row[2].value_or(""));
    stored.letters = Offset{Number(row[3])};
    stored.flow = {Number(row[4]), Number(row[5]), Number(row[6]), Number(row[7])};
    stored.counted_from = PositionsOf(row[8].value_or(""));
  }
  std::vector<StoredMaterialization> stored;
  for (auto& [id, materialization] : by_id) stored.push_back(std::move(materialization));
  return stored;
}

Result<int64_t> Catalog::NextId(sql::Connection& connection) {
  return One(connection, "SELECT nextval('_tailrace.ids')");
}

Status Catalog::Add(sql::Connection& connection, const StoredMaterialization& added) {
  TR_RETURN_IF_ERROR(connection.Execute(fmt::format(
      "INSERT INTO _tailrace.materializations VALUES ({}, {}, {}, {}, {})", added.id, sql::QuoteLiteral(added.name),
      sql::QuoteLiteral(KindName(added.kind)), sql::QuoteLiteral(added.stream), sql::QuoteLiteral(added.fingerprint))));
  for (size_t i = 0; i < added.physical_tables.size(); ++i) {
    TR_RETURN_IF_ERROR(connection.Execute(fmt::format("INSERT INTO _tailrace.physical_tables VALUES ({}, {}, {})",
                                                      added.id, i, sql::QuoteLiteral(added.physical_tables[i]))));
  }
  return {};
}

Status Catalog::Drop(sql::Connection& connection, const StoredMaterialization& dropped) {
  for (const std::string& table : dropped.physical_tables) {
    TR_RETURN_IF_ERROR(connection.Execute("DROP TABLE " + sql::QuoteIdentifier(table)));
  }
  for (const std::string_view table :
       {TableName(CommitsTableOf(dropped.kind)), std::string_view("_tailrace.physical_tables"),
        std::string_view("_tailrace.materializations")}) {
    TR_RETURN_IF_ERROR(connection.Execute(fmt::format("DELETE FROM {} WHERE id = {}", table, dropped.id)));
  }
  return {};
}

Status Catalog::SetFingerprint(sql::Connection& connection, int64_t id, std::string_view fingerprint) {
  return connection.Execute(
      fmt::format("CREATE TEMP TABLE kept_definition AS FROM _tailrace.materializations WHERE id = {0};"
                  "DELETE FROM _tailrace.materializations WHERE id = {0};"
                  "INSERT INTO _tailrace.materializations SELECT id, name, kind, stream, {1} FROM kept_definition;"
                  "DROP TABLE kept_definition",
                  id, sql::QuoteLiteral(fingerprint)));
}

// Not by UPDATE: that would stop checkpoints as long as a reader is open.
Status Catalog::Rename(sql::Connection& connection, int64_t id, std::string_view name) {
  const std::string quoted = sql::QuoteLiteral(name);
  return connection.Execute(
      fmt::format("INSERT INTO _tailrace.materializations SELECT id, {0}, kind, stream, fingerprint FROM "
                  "_tailrace.materializations WHERE id = {1};"
                  "DELETE FROM _tailrace.materializations WHERE id = {1} AND name <> {0}",
                  quoted, id));
}

std::string AddCommitsSql(CommitsTable table, const std::vector<CommitEntry>& entries, const Positions& positions,
                          int64_t time_ms) {
  const std::string list = ListOf(positions);
  std::string values;
  std::string old;
  for (const CommitEntry& entry : entries) {
    fmt::format_to(std::back_inserter(values), "{}({}, {}, {}, {}, {}, {}, {}, {}, {})", values.empty() ? "" : ", ", entry.id,
                   entry.number, time_ms, list, entry.letters.value, entry.flow.read, entry.flow.emitted,
                   entry.flow.filtered, entry.flow.dead_lettered);
    if (entry.number % kCommitsKept != 0) continue;
    fmt::format_to(std::back_inserter(old), "DELETE FROM {} WHERE id = {} AND number > 0 AND number <= {};", TableName(table), entry.id,
                   entry.number - kCommitsKept);
  }
  return old + fmt::format("INSERT INTO {} VALUES {}", TableName(table), values);
}

CommitEntry NextEntry(const StoredMaterialization& stored, const WarehouseCommit& commit) {
  return {stored.id, stored.commits + 1, commit.letters.value_or(stored.letters), stored.flow};
}

void Advance(const CommitEntry& entry, const Positions& positions, StoredMaterialization* stored) {
  stored->commits = entry.number;
  stored->positions = positions;
  stored->letters = entry.letters;
  stored->flow = entry.flow;
}

int64_t ExcludedIn(RowRange range, const std::vector<size_t>& excluded) {
  return std::count_if(excluded.begin(), excluded.end(),
                       [&](size_t row) { return row >= range.begin && row < range.end; });
}

std::string_view CommitsSql() { return "FROM _tailrace.table_commits UNION ALL FROM _tailrace.row_commits"; }

}  // namespace tailrace::warehouse
