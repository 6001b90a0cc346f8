// What the file holds beside the rows: which materialisations there are, by which definition they were made, and how
// far they have consumed. Drawn in docs/formats/warehouse.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"
#include "sql/duckdb.h"

namespace tailrace::warehouse {

// One physical set of tables. A rebuild makes a new one with another id.
struct StoredMaterialization {
  int64_t id = 0;
  std::string name;  // of the table or stream; with kShadowSuffix while it is a shadow
  MaterializationKind kind = MaterializationKind::kTable;
  std::string stream;
  std::string fingerprint;
  std::vector<std::string> physical_tables;
  // As of its last commit.
  int64_t commits = 0;
  Positions positions;
  Offset letters;
  Flow flow;
  Positions counted_from;  // as in MaterializationState
};

// Whose commits: each table is written by one connection only, so that no commit waits for, or collides with, another.
enum class CommitsTable { kTables, kRows };

// The next commit of a materialisation.
struct CommitEntry {
  int64_t id = 0;
  int64_t number = 0;
  Offset letters;
  Flow flow;  // of all it has consumed
};

// All changes are made inside a transaction of the caller, on its connection.
class Catalog {
 public:
  static constexpr int64_t kFormatVersion = 2;

  // Creates the catalogue in an empty file, takes over that of the version before, or refuses any other. What the version
  // before has consumed was not counted: commit 0 says where counting began.
  static Status Open(sql::Connection& connection);
  static Result<std::vector<StoredMaterialization>> Load(sql::Connection& connection);

  static Result<int64_t> NextId(sql::Connection& connection);
  static Status Add(sql::Connection& connection, const StoredMaterialization& added);
  // Drops its tables too.
  static Status Drop(sql::Connection& connection, const StoredMaterialization& dropped);
  static Status SetFingerprint(sql::Connection& connection, int64_t id, std::string_view fingerprint);
  static Status Rename(sql::Connection& connection, int64_t id, std::string_view name);
};

CommitsTable CommitsTableOf(MaterializationKind kind);

// SQL that adds these to the journal of commits, and now and then lets the oldest go: at least kCommitsKept stay of each
// materialisation. Rows are inserted and deleted, never updated: an UPDATE under an open reader stops checkpoints.
constexpr int64_t kCommitsKept = 512;
std::string AddCommitsSql(CommitsTable table, const std::vector<CommitEntry>& entries, const Positions& positions,
                          int64_t time_ms);

// The entry that follows what is stored, with its counters still to be added to.
CommitEntry NextEntry(const StoredMaterialization& stored, const WarehouseCommit& commit);

// Once the entry is committed.
void Advance(const CommitEntry& entry, const Positions& positions, StoredMaterialization* stored);

// How many of the excluded rows lie in the range.
int64_t ExcludedIn(RowRange range, const std::vector<size_t>& excluded);

// A relation of every commit in the journal: id, number, time_ms, positions, letters, read, emitted, filtered,
// dead_lettered. The largest `number` of an id is where it stands.
std::string_view CommitsSql();

std::string PhysicalName(std::string_view name, int64_t id);

}  // namespace tailrace::warehouse
