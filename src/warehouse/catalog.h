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
  Positions positions;
};

// Whose positions: each is written by one connection only, so that no commit waits for, or collides with, another.
enum class PositionsTable { kTables, kRows };

// All changes are made inside a transaction of the caller, on its connection.
class Catalog {
 public:
  static constexpr int64_t kFormatVersion = 1;

  // Creates the catalogue in an empty file, or checks its version.
  static Status Open(sql::Connection& connection);
  static Result<std::vector<StoredMaterialization>> Load(sql::Connection& connection);

  static Result<int64_t> NextId(sql::Connection& connection);
  static Status Add(sql::Connection& connection, const StoredMaterialization& added);
  // Drops its tables too.
  static Status Drop(sql::Connection& connection, const StoredMaterialization& dropped);
  static Status Rename(sql::Connection& connection, int64_t id, std::string_view name);
};

PositionsTable PositionsTableOf(MaterializationKind kind);

// SQL that adds the positions of these materialisations; with `prune`, the older ones go. Rows are inserted, or deleted
// and inserted, never updated: an UPDATE under an open reader stops checkpoints.
std::string SetPositionsSql(PositionsTable table, const std::vector<int64_t>& ids, const Positions& positions,
                            bool prune);

// A SELECT of (id, partition, next) of all materialisations.
std::string PositionsSql();

std::string PhysicalName(std::string_view name, int64_t id);

}  // namespace tailrace::warehouse
