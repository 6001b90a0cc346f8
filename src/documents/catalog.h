// Which collections the file holds, what each is made of and how far it has consumed its stream.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "documents/document_table.h"
#include "ports/document_store.h"
#include "sqlite/sqlite.h"

namespace tailrace::documents {

struct CollectionInfo {
  TableShape shape;
  std::string fingerprint;
  Positions positions;
};

// The catalogue's tables in the file. All changes are made inside a transaction of the caller.
// Threads: the writer's. Errors: those of sqlite::Connection; kInvalid = a file of another version.
class Catalog {
 public:
  // Version of the file's layout (docs/formats/documents.md), in SQLite's `user_version`.
  static constexpr int kFormatVersion = 1;

  explicit Catalog(sqlite::Connection& connection) : connection_(&connection) {}

  // Creates the catalogue in an empty file, or checks its version.
  Status Open();

  Result<std::map<std::string, CollectionInfo, std::less<>>> Load();

  // Adds the collection and its empty table; sets `info->shape.id`.
  Status Create(std::string_view name, CollectionInfo* info);
  Status Drop(const CollectionInfo& info);
  Status Rename(int64_t id, std::string_view name);
  Status SetPositions(int64_t id, const Positions& positions);

 private:
  Result<int64_t> Version();

  sqlite::Connection* connection_;
};

}  // namespace tailrace::documents
