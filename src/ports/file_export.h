// What the tables hold, as Parquet files and Arrow streams.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"

namespace tailrace {

// The rows of a table that only ever grows, from one on.
struct TableSlice {
  std::string table;
  int64_t from_row = 0;
  // Of the state that `from_row` belongs to: a rebuild makes another one, of which all rows are new. Nullopt: whichever is there.
  std::optional<int64_t> generation;
};

// What is taken of the columns of a query, which are named c1, c2 and so on there: "CAST(c1 AS BIGINT) AS \"id\", ...".
using SelectList = std::function<Result<std::string>(std::span<const ColumnInfo> columns)>;

struct FileExportRequest {
  // One SELECT; with `slice` one of the program's own that reads kSliceName, of which `rows_max` and `parameters` are not looked at.
  QueryRequest query;
  SelectList select_list = {};            // empty: its columns as they are. Not with `slice`.
  std::string path;                       // absolute, where the warehouse may write: a file that is written over, or, partitioned, a folder
  std::vector<std::string> partition_by;  // columns of the SELECT: a folder for each of their values, NAME=VALUE, their values left out of the files
  std::optional<TableSlice> slice = std::nullopt;
};

struct FileExportSummary {
  int64_t rows = 0;
  bool truncated = false;  // there are more rows than `rows_max`
  std::vector<AsOf> as_of;
  // With a slice: where it begins (0 when its generation is gone) and ends.
  int64_t generation = 0;
  int64_t from_row = 0;
  int64_t to_row = 0;
};

// Threads: thread-safe. Errors: as Warehouse::Query; kExhausted = the disk is full. A file that is there after an error is of no use.
class FileExporter {
 public:
  static constexpr std::string_view kSliceName = "tailrace_slice";

  virtual ~FileExporter() = default;

  // One snapshot, written as Parquet (zstd). Nothing is written, and the file may be missing, when a slice or a partitioned SELECT has no rows.
  virtual Result<FileExportSummary> Export(const FileExportRequest& request, const std::stop_token& stop) = 0;

  // One snapshot as an Arrow IPC stream. `take` gets its bytes piece by piece, and ends the call by returning false; after an error what it got
  // is of no use.
  virtual Result<QuerySummary> ExportArrow(const QueryRequest& query, const SelectList& select_list,
                                           const std::function<bool(std::string_view bytes)>& take, const std::stop_token& stop) = 0;

  // The columns that a query would answer.
  virtual Result<std::vector<ColumnInfo>> Columns(const QueryRequest& query) = 0;

  // The state of a table that its rows and positions belong to: a rebuild makes another one. kNotFound: no such table.
  virtual Result<int64_t> Generation(std::string_view table) = 0;

  // Whether the table's rows are added at its end and never change.
  virtual bool OnlyGrows(std::string_view table) const = 0;
};

}  // namespace tailrace
