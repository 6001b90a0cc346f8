// Parquet files of the lake, looked into and written anew by a DuckDB of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "lake/column_type.h"
#include "sql/duckdb.h"

namespace tailrace::lake {

struct ParquetSummary {
  int64_t rows = 0;
  std::string stats;  // of the columns, as Delta Lake's `stats` has them
};

// Threads: one. Errors: kInvalid = a file is not Parquet, or not of these columns; kExhausted = memory or disk.
class ParquetFiles {
 public:
  // It sees nothing outside `folder`.
  static Result<std::unique_ptr<ParquetFiles>> Open(const std::string& folder);

  Result<ParquetSummary> Summarize(const std::string& path, const std::vector<FileColumn>& columns);

  // The rows of all, one file after the other.
  Status Merge(const std::vector<std::string>& paths, const std::string& to);

  // A Delta Lake checkpoint, of actions as lines of JSON in `from`.
  Status WriteCheckpoint(const std::string& from, const std::string& to);

 private:
  ParquetFiles() = default;
  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
};

}  // namespace tailrace::lake
