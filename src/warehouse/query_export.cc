// QueryRunner's answers as files.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

#include "sql/arrow_cursor.h"
#include "sql/duckdb.h"
#include "sql/query_cursor.h"
#include "warehouse/query_runner.h"
#include "warehouse/query_text.h"

namespace tailrace::warehouse {
namespace {

Result<int64_t> OneNumber(sql::Connection& connection, const std::string& sql) {
  TR_TRY(const sql::TextResult result, connection.Query(sql));
  return NumberOf(result.rows.empty() ? "" : result.rows.front().front().value_or(""));
}

Result<StoredMaterialization> StoredTable(sql::Connection& connection, std::string_view name) {
  TR_TRY(auto stored, Catalog::Load(connection));
  const auto table = std::find_if(stored.begin(), stored.end(), [&](const StoredMaterialization& m) {
    return m.name == name && m.kind == MaterializationKind::kTable;
  });
  if (table == stored.end()) return Fail(Error::NotFound("there is no table " + std::string(name)));
  return std::move(*table);
}

// The definition of kSliceName, and what it holds.
Result<std::string> SliceSql(sql::Connection& connection, const TableSlice& slice, FileExportSummary* summary) {
  TR_TRY(const StoredMaterialization table, StoredTable(connection, slice.table));
  if (table.physical_tables.size() != 1) return Fail(Error::Invalid(slice.table + " is not a table that only grows"));
  const std::string physical = sql::QuoteIdentifier(table.physical_tables.front());
  summary->generation = table.id;
  summary->from_row = slice.generation == table.id ? slice.from_row : 0;
  // Nothing is ever deleted from it, so that its rows are numbered without gaps.
  TR_TRY(summary->to_row, OneNumber(connection, "SELECT count(*) FROM " + physical));
  // A state that has fewer rows is another one, whatever its number: its folder was put back from elsewhere.
  if (summary->from_row > summary->to_row) summary->from_row = 0;
  return fmt::format("WITH {} AS (SELECT * FROM {} WHERE rowid >= {} AND rowid < {}) ", FileExporter::kSliceName, physical, summary->from_row,
                     summary->to_row);
}

std::string CopySql(const std::string& select, const FileExportRequest& request) {
  std::string options = "FORMAT parquet, COMPRESSION zstd";
  if (!request.partition_by.empty()) {
    std::string columns;
    for (const std::string& column : request.partition_by) columns += (columns.empty() ? "" : ", ") + sql::QuoteIdentifier(column);
    options += fmt::format(", PARTITION_BY ({}), OVERWRITE_OR_IGNORE", columns);
  }
  return fmt::format("COPY ({}\n) TO {} ({})", select, sql::QuoteLiteral(request.path), options);
}

std::vector<ColumnInfo> ColumnsOf(const sql::QueryCursor& cursor) {
  std::vector<ColumnInfo> columns;
  for (const sql::ResultColumn& column : cursor.columns()) columns.push_back({column.name, column.type});
  return columns;
}

// Asked for no row, so that nothing is worked out.
Result<std::vector<ColumnInfo>> ColumnsOf(sql::Connection& connection, const std::string& sql, std::span<const sql::BoundParameter> parameters,
                                          const std::stop_token& stop) {
  TR_TRY(const auto cursor, sql::QueryCursor::Open(connection, fmt::format("SELECT * FROM ({}\n) LIMIT 0", sql), parameters, stop));
  return ColumnsOf(*cursor);
}

// The query with the caller's list in the place of its own, in its order.
Result<std::string> WithList(sql::Connection& connection, const std::string& sql, std::span<const sql::BoundParameter> parameters,
                             const SelectList& select_list, const std::stop_token& stop) {
  if (!select_list) return sql;
  TR_TRY(const std::vector<ColumnInfo> columns, ColumnsOf(connection, sql, parameters, stop));
  TR_TRY(const std::string list, select_list(columns));
  std::string names;
  for (size_t i = 1; i <= columns.size(); ++i) names += fmt::format("{}c{}", i == 1 ? "" : ", ", i);
  return fmt::format("SELECT {} FROM ({}\n) AS q({})", list, sql, names);
}

// The one number that a statement answers.
Result<int64_t> RunForNumber(sql::Connection& connection, const std::string& sql, std::span<const sql::BoundParameter> parameters,
                             const std::stop_token& stop) {
  TR_TRY(const auto cursor, sql::QueryCursor::Open(connection, sql, parameters, stop));
  TR_TRY(const bool has_row, cursor->Next());
  return NumberOf(has_row ? cursor->Row(0)[0] : "");
}

}  // namespace

Result<FileExportSummary> QueryRunner::Export(const FileExportRequest& request, const std::stop_token& stop) {
  Prepared prepared;
  if (request.slice) {
    prepared = {request.query.sql, {}};
    std::string name = request.slice->table;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    prepared.relations.insert(std::move(name));
  } else {
    TR_TRY(prepared, Prepare(request.query));
  }
  TR_TRY(std::unique_ptr<sql::Connection> connection, TakeConnection());
  auto summary = ExportIn(*connection, prepared, request, stop);
  connection->Rollback();
  if (!stop.stop_requested()) ReturnConnection(std::move(connection));
  return summary;
}

Result<FileExportSummary> QueryRunner::ExportIn(sql::Connection& connection, const Prepared& prepared, const FileExportRequest& request,
                                                const std::stop_token& stop) const {
  FileExportSummary summary;
  TR_RETURN_IF_ERROR(connection.Begin());
  TR_TRY(summary.as_of, PositionsOf(connection, prepared.relations));
  if (request.slice) {
    TR_TRY(const std::string slice, SliceSql(connection, *request.slice, &summary));
    if (summary.from_row == summary.to_row) return summary;
    TR_TRY(summary.rows, RunForNumber(connection, CopySql(slice + prepared.sql, request), {}, stop));
    return summary;
  }
  const auto parameters = Bound(request.query);
  TR_TRY(std::string select, WithList(connection, prepared.sql, parameters, request.select_list, stop));
  const size_t rows_max = request.query.rows_max;
  if (rows_max > 0) select = fmt::format("SELECT * FROM ({}\n) LIMIT {}", select, rows_max);
  TR_TRY(summary.rows, RunForNumber(connection, CopySql(select, request), parameters, stop));
  if (rows_max == 0 || static_cast<size_t>(summary.rows) < rows_max) return summary;
  // Of the same snapshot.
  const std::string rest = fmt::format("SELECT count(*) FROM (SELECT 1 FROM ({}\n) LIMIT 1 OFFSET {})", prepared.sql, rows_max);
  TR_TRY(const int64_t more, RunForNumber(connection, rest, parameters, stop));
  summary.truncated = more > 0;
  return summary;
}

Result<QuerySummary> QueryRunner::ExportArrow(const QueryRequest& query, const SelectList& select_list,
                                              const std::function<bool(std::string_view)>& take, const std::stop_token& stop) {
  TR_TRY(const Prepared prepared, Prepare(query));
  TR_TRY(std::unique_ptr<sql::Connection> connection, TakeConnection());
  auto summary = ExportArrowIn(*connection, prepared, query, select_list, take, stop);
  connection->Rollback();
  if (!stop.stop_requested()) ReturnConnection(std::move(connection));
  return summary;
}

Result<QuerySummary> QueryRunner::ExportArrowIn(sql::Connection& connection, const Prepared& prepared, const QueryRequest& query,
                                                const SelectList& select_list, const std::function<bool(std::string_view)>& take,
                                                const std::stop_token& stop) const {
  QuerySummary summary;
  TR_RETURN_IF_ERROR(connection.Begin());
  TR_TRY(summary.as_of, PositionsOf(connection, prepared.relations));
  const auto parameters = Bound(query);
  TR_TRY(const std::string select, WithList(connection, prepared.sql, parameters, select_list, stop));
  std::string bytes;
  TR_TRY(const auto cursor, sql::ArrowCursor::Open(connection, select, parameters, stop, &bytes));
  while (take(bytes)) {
    bytes.clear();
    const size_t room = query.rows_max == 0 ? std::numeric_limits<size_t>::max() : query.rows_max - summary.rows;
    TR_TRY(const size_t rows, cursor->Next(room, &bytes));
    summary.rows += std::min(rows, room);
    summary.truncated = rows > room;
    if (rows > 0 && !summary.truncated) continue;
    cursor->End(&bytes);
    take(bytes);
    break;
  }
  return summary;
}

Result<std::vector<ColumnInfo>> QueryRunner::Columns(const QueryRequest& query) {
  TR_TRY(const Prepared prepared, Prepare(query));
  TR_TRY(std::unique_ptr<sql::Connection> connection, TakeConnection());
  auto columns = ColumnsOf(*connection, prepared.sql, Bound(query), {});
  if (columns) ReturnConnection(std::move(connection));
  return columns;
}

Result<int64_t> QueryRunner::Generation(std::string_view table) {
  TR_TRY(std::unique_ptr<sql::Connection> connection, TakeConnection());
  const auto stored = StoredTable(*connection, table);
  ReturnConnection(std::move(connection));
  if (!stored) return Fail(stored.error());
  return stored->id;
}

}  // namespace tailrace::warehouse
