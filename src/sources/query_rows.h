// Rows of a DuckDB query as JSON objects.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "model/time_spelling.h"
#include "sql/duckdb.h"
#include "sql/query_cursor.h"

namespace tailrace {

// Writes each row of a query as `{"name":value,...}`, in the way a schema reads them: where a field is a string the
// value is written as text, a NaN or an infinity is a text that no number takes, and a time whose field has a format of its own, or is an epoch, is written so. Threads:
// those of the connection.
class QueryRows {
 public:
  // The first `hidden` columns of the query are not part of the rows.
  static Result<QueryRows> Open(sql::Connection& connection, std::string_view query, size_t hidden,
                                const Schema& schema, std::stop_token stop);

  // Goes to the next row; false at the end.
  Result<bool> Next();

  void AppendJson(std::string* out) const;

  // JSON text of a hidden column.
  std::string_view Hidden(size_t column) const { return cursor_->Row(row_)[column]; }

 private:
  struct Column {
    std::string prefix;              // `{"InvoiceNo":`
    bool as_text = false;            // whatever it is, in quotes
    bool is_timed = false;           // the field has a format or unit of its own:
    TimeSpelling time;
  };

  explicit QueryRows(std::unique_ptr<sql::QueryCursor> cursor) : cursor_(std::move(cursor)) {}
  void AppendValue(const Column& column, std::string_view json, size_t index, std::string* out) const;
  static Column ColumnFor(const std::string& name, bool first, const Schema& schema);

  std::unique_ptr<sql::QueryCursor> cursor_;
  std::vector<Column> columns_;
  size_t hidden_ = 0;
  size_t row_ = 0;
  size_t rows_ = 0;
  bool started_ = false;
};

// A Parquet file to select from: that file alone, whatever its name has in it, and its own columns alone.
std::string ParquetRelation(std::string_view path);

}  // namespace tailrace
