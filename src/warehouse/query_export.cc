// QueryRunner's answers as files.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "sql/duckdb.h"
#include "sql/query_cursor.h"
#include "warehouse/query_runner.h"

namespace tailrace::warehouse {
namespace {

Result<int64_t> OneNumber(sql::Connection& connection, const std::string& sql) {
  TR_TRY(const sql::TextResult result, connection.Query(sql));
  const std::string text = result.rows.empty() ? "" : result.rows.front().front().value_or("");
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return Fail(Error::Internal("no number: " + text));
  return number;
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
  std::string select = prepared.sql;
  if (request.slice) {
    TR_TRY(const std::string slice, SliceSql(connection, *request.slice, &summary));
    if (summary.from_row == summary.to_row) return summary;
    select = slice + select;
  }
  const std::stop_callback interrupt(stop, [&connection] { connection.Interrupt(); });
  if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
  TR_TRY(summary.rows, OneNumber(connection, CopySql(select, request)));
  return summary;
}

Result<std::vector<ColumnInfo>> QueryRunner::Columns(const QueryRequest& query) {
  TR_TRY(const Prepared prepared, Prepare(query));
  TR_TRY(std::unique_ptr<sql::Connection> connection, TakeConnection());
  // Asked for no row, so that nothing is worked out.
  auto cursor = sql::QueryCursor::Open(*connection, fmt::format("SELECT * FROM ({}\n) LIMIT 0", prepared.sql), {}, {});
  if (!cursor) return Fail(cursor.error());
  std::vector<ColumnInfo> columns;
  for (const sql::ResultColumn& column : (*cursor)->columns()) columns.push_back({column.name, column.type});
  cursor->reset();
  ReturnConnection(std::move(connection));
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
