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
  // It sees nothing outside `folder`; what does not fit into memory goes to `spill`, a folder below, that is its own.
  static Result<std::unique_ptr<ParquetFiles>> Open(const std::string& folder, const std::string& spill);

  Result<ParquetSummary> Summarize(const std::string& path, const std::vector<FileColumn>& columns);

  // The rows of all, one file after the other.
  Status Merge(const std::vector<std::string>& paths, const std::string& to);

  // The same rows in files of about so many bytes, in an empty folder; their paths in the order of the rows.
  Result<std::vector<std::string>> Split(const std::string& path, const std::string& to, int64_t bytes);

  // Holds the rows of two sets of files of the same columns against each other, and remembers, until the next call, those that are not in both
  // equally often. Returns how many of these there are, each counted once.
  Result<int64_t> Compare(const std::vector<std::string>& old_paths, const std::vector<std::string>& new_paths, const std::vector<FileColumn>& columns);
  // Of what Compare remembers: how many rows of a file are of it.
  Result<int64_t> CountDifferent(const std::string& path);
  // Writes the rows of the files that are of it (in one order), or those that are not (in theirs).
  Status WriteDifferent(const std::vector<std::string>& paths, const std::string& to);
  Status WriteSame(const std::string& path, const std::string& to);

  // A Delta Lake checkpoint, of actions as lines of JSON in `from`.
  Status WriteCheckpoint(const std::string& from, const std::string& to);

 private:
  ParquetFiles() = default;
  Result<int64_t> OneNumber(const std::string& query);

  std::unique_ptr<sql::Database> database_;
  std::unique_ptr<sql::Connection> connection_;
  std::string is_different_;  // that a row `r` equals a row `d` of what Compare remembers
};

}  // namespace tailrace::lake
