// The embedded Warehouse: one DuckDB file, and a second instance in memory that makes documents from batches.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/file_export.h"
#include "ports/rollup.h"
#include "ports/job_tables.h"
#include "ports/system_relation.h"
#include "ports/warehouse.h"

namespace tailrace::sql {
class Connection;
}

namespace tailrace::warehouse {

// Places where a test may step in.
enum class FaultPoint {
  kTableInsert,  // before a table's rows are inserted
  kTableCommit,  // before the COMMIT of tables
  kRowsAppend,   // before stored rows are appended
  kRowsCommit,   // before the COMMIT of stored rows
  kSwap,         // before the COMMIT that puts a shadow in place
  kCompaction,   // before the COMMIT of a compaction
};

// Runs on the connection that is about to go on; an error ends what it is doing as if DuckDB had said so.
using FaultHook = std::function<Status(FaultPoint point, sql::Connection& connection)>;

struct DuckDbWarehouseOptions {
  std::string path;  // of the file, or ":memory:"
  int threads = 2;
  size_t memory_bytes_max = 0;      // 0: DuckDB's own default
  size_t projection_bytes_max = 0;  // of the instance that makes documents from batches; the same
  std::string temp_directory;
  std::vector<std::string> allowed_directories;  // that SQL may read: the lake
  size_t compaction_rows_min =
      50'000;  // partial rows added since the last compaction before the next is worth its while
  size_t checkpoint_bytes_min = size_t{8} << 20;  // of write-ahead log before an idle checkpoint is
  // Bytes that can still be written beside the file; null: what the system says.
  std::function<int64_t()> free_bytes;
  std::vector<SystemRelation> system_relations;  // that queries may read
  FaultHook fault;  // of tests
};

class ExportingWarehouse : public Warehouse, public FileExporter, public RollupMaker {};

// kUnavailable: the file cannot be opened, or another process has it; kInvalid: a file of another version.
Result<std::unique_ptr<ExportingWarehouse>> OpenDuckDbWarehouse(const DuckDbWarehouseOptions& options);

// What jobs write, in one that OpenDuckDbWarehouse has opened, once it has adopted a plan.
JobTables& JobTablesOf(Warehouse& warehouse);

}  // namespace tailrace::warehouse
