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
    "CREATE TABLE _tailrace.physical_tables(id BIGINT, place BIGINT, name VARCHAR);"
    "CREATE TABLE _tailrace.table_positions(id BIGINT, partition INTEGER, next BIGINT);"
    "CREATE TABLE _tailrace.row_positions(id BIGINT, partition INTEGER, next BIGINT);";

std::string_view KindName(MaterializationKind kind) {
  return kind == MaterializationKind::kStoredRows ? "rows" : "table";
}

std::string_view TableName(PositionsTable table) {
  return table == PositionsTable::kRows ? "_tailrace.row_positions" : "_tailrace.table_positions";
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

Error Orphan() { return Error::Corruption("the warehouse's catalogue speaks of a materialisation that is not there"); }

}  // namespace

std::string PhysicalName(std::string_view name, int64_t id) { return fmt::format("{}@{}", name, id); }

PositionsTable PositionsTableOf(MaterializationKind kind) {
  return kind == MaterializationKind::kStoredRows ? PositionsTable::kRows : PositionsTable::kTables;
}

Status Catalog::Open(sql::Connection& connection) {
  TR_TRY(const int64_t known,
         One(connection,
             "SELECT count(*) FROM duckdb_tables() WHERE schema_name = '_tailrace' AND table_name = 'format'"));
  if (known == 0) {
    TR_RETURN_IF_ERROR(connection.Begin());
    Status made = connection.Execute(kCreate);
    if (made) made = connection.Execute(fmt::format("INSERT INTO _tailrace.format VALUES ({})", kFormatVersion));
    if (made) return connection.Commit();
    connection.Rollback();
    return made;
  }
  TR_TRY(const int64_t version, One(connection, "SELECT version FROM _tailrace.format"));
  if (version == kFormatVersion) return {};
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
  TR_TRY(sql::TextResult positions, connection.Query(PositionsSql() + " ORDER BY 1, 2"));
  for (auto& row : positions.rows) {
    auto owner = by_id.find(Number(row[0]));
    if (owner == by_id.end()) return Fail(Orphan());
    const auto partition = static_cast<size_t>(Number(row[1]));
    owner->second.positions.resize(std::max(owner->second.positions.size(), partition + 1));
    owner->second.positions[partition] = Offset{Number(row[2])};
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
       {TableName(PositionsTableOf(dropped.kind)), std::string_view("_tailrace.physical_tables"),
        std::string_view("_tailrace.materializations")}) {
    TR_RETURN_IF_ERROR(connection.Execute(fmt::format("DELETE FROM {} WHERE id = {}", table, dropped.id)));
  }
  return {};
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

std::string SetPositionsSql(PositionsTable table, const std::vector<int64_t>& ids, const Positions& positions,
                            bool prune) {
  std::string values;
  std::string id_list;
  for (const int64_t id : ids) {
    fmt::format_to(std::back_inserter(id_list), "{}{}", id_list.empty() ? "" : ", ", id);
    for (size_t partition = 0; partition < positions.size(); ++partition) {
      fmt::format_to(std::back_inserter(values), "{}({}, {}, {})", values.empty() ? "" : ", ", id, partition,
                     positions[partition].value);
    }
  }
  std::string sql;
  if (prune) sql = fmt::format("DELETE FROM {} WHERE id IN ({});", TableName(table), id_list);
  return sql + fmt::format("INSERT INTO {} VALUES {}", TableName(table), values);
}

std::string PositionsSql() {
  return "SELECT id, partition, max(next) FROM (FROM _tailrace.table_positions UNION ALL FROM _tailrace.row_positions) "
         "GROUP BY ALL";
}

}  // namespace tailrace::warehouse
