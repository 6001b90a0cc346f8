// A Delta Lake table in a folder, as far as reading it goes: which files it has at a version, and what a version adds.
//
// Reader version 1 of the protocol (PROTOCOL.md of github.com/delta-io/delta), and of versions 2 and 3 what asks for no more than it: a table
// with deletion vectors, column mapping or another feature that would change its rows is refused by the feature's name.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/delta_action.h"
#include "sql/duckdb.h"

namespace tailrace {

// Beyond so many files a table is refused: what is known of them is kept in memory.
inline constexpr size_t kDeltaFilesMax = 1'000'000;
// A commit of the log may not be larger.
inline constexpr size_t kDeltaCommitBytesMax = 256 << 20;

struct DeltaDataFile {
  std::string path;  // of the file system
  std::map<std::string, std::optional<std::string>> partition;
  int64_t records = -1;  // -1: not known
};

// What is to be read of one version, in the order of their paths.
struct DeltaFiles {
  int64_t version = 0;
  DeltaTableAction table;
  std::vector<DeltaDataFile> files;
};

// Threads: one. Ownership: borrows the connection, which may read files.
// Errors:  kNotFound = no Delta table there, or no such version yet; kInvalid, naming the folder = its log is broken, or asks for a
//          feature that is not known; kConflict = the log no longer holds what is asked for; kUnavailable = the system's.
class DeltaTable {
 public:
  DeltaTable(std::string folder, sql::Connection& connection) : folder_(std::move(folder)), connection_(connection) {}

  Result<int64_t> NewestVersion() const;

  // All files of the table at a version.
  Result<DeltaFiles> At(int64_t version);

  // What `version` adds to what At or the last Added gave. Files that hold the same rows otherwise (a compaction) are no news. kConflict: it
  // takes rows away or changes some.
  Result<DeltaFiles> Added(int64_t version);

 private:
  struct State;

  Status ReadCheckpoint(int64_t version, const std::vector<std::string>& parts, State* state) const;
  Status ReadCommit(int64_t version, State* state) const;
  Status Apply(std::string_view json, State* state) const;
  Result<DeltaDataFile> FileOf(const DeltaAddAction& add) const;
  Error Named(const Error& error) const { return error.With(folder_); }

  const std::string folder_;
  sql::Connection& connection_;
  std::optional<DeltaTableAction> table_;  // as of the last call
};

// The SELECT for the rows of a file from row `skip` on: its columns, those that it has no part of as null, and those that its folder gives.
std::string DeltaFileQuery(const DeltaTableAction& table, const DeltaDataFile& file, const std::vector<std::string>& file_columns,
                           int64_t skip);

// Whether a folder looks like one.
bool IsDeltaTable(const std::string& folder);

}  // namespace tailrace
