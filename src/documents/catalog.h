// Which collections the file holds, what each is made of and how far it has consumed its stream.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document_table.h"
#include "ports/commit_journal.h"
#include "ports/document_store.h"
#include "sqlite/sqlite.h"

namespace tailrace::documents {

struct CollectionInfo {
  TableShape shape;
  std::string fingerprint;
  // As of its last commit.
  int64_t commits = 0;
  Positions positions;
  Offset letters;
  Flow flow;
  Positions counted_from;  // as in CollectionState
};

// The catalogue's tables in the file. All changes are made inside a transaction of the caller.
// Threads: the writer's. Errors: those of sqlite::Connection; kInvalid = a file of another version.
class Catalog {
 public:
  // Version of the file's layout (docs/formats/documents.md), in SQLite's `user_version`.
  static constexpr int kFormatVersion = 2;

  explicit Catalog(sqlite::Connection& connection) : connection_(&connection) {}

  // A collection's journal holds at least so many of its last commits.
  static constexpr int64_t kCommitsKept = 512;

  // Creates the catalogue in an empty file, takes over that of the version before, or refuses any other. What the version
  // before has consumed was not counted: commit 0 says where counting began.
  Status Open();

  Result<std::map<std::string, CollectionInfo, std::less<>>> Load();

  // Adds the collection and its empty table; sets `info->shape.id`.
  Status Create(std::string_view name, CollectionInfo* info);
  Status Drop(const CollectionInfo& info);
  Status SetFingerprint(int64_t id, std::string_view fingerprint);
  Status Rename(int64_t id, std::string_view name);
  // The journal of one collection, or (empty) of all but shadows.
  Result<std::vector<JournaledCommit>> Journal(std::string_view collection);
  // Writes down where the collection stands, as the commit of its number.
  Status AddCommit(const CollectionInfo& info, int64_t time_ms);

 private:
  Result<int64_t> Version();

  sqlite::Connection* connection_;
};

}  // namespace tailrace::documents
