// A table of the pipeline as a Delta Lake table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "lake/column_type.h"
#include "lake/delta_log.h"
#include "lake/parquet_files.h"
#include "model/ids.h"
#include "ports/file_export.h"
#include "ports/object_store.h"

namespace tailrace::lake {

struct DeltaTableOptions {
  std::string table;
  std::string stream;
  std::vector<std::string> partition_by;
  int64_t commit_after_ms = 60'000;
  int64_t commit_bytes = int64_t{128} << 20;
};

// How far the table in the warehouse is.
struct TableMark {
  Positions positions;
  Offset letters;  // of the dead-letter log
};

// What a DeltaTable works with. Ownership: borrows all. `folder` is where `objects` keeps its objects on this machine.
struct DeltaServices {
  ObjectStore& objects;
  FileExporter& exporter;
  Clock& clock;
  std::string folder;
};

// Each commit takes the table from one state of the warehouse to a later one, and says in `txn` actions how far that one is: so it happens once,
// whatever is repeated. A table that only grows is appended to, any other replaced whole. Files are named by the version that adds them; one that
// was put by a commit that did not come about is written over or deleted.
// Threads: one at a time.
// Errors:  those of the store and the exporter; kConflict = another writer commits to the table all the time. What was not done is done by the next
//          call.
class DeltaTable {
 public:
  DeltaTable(DeltaServices services, DeltaTableOptions options);

  // Reads what is there. Once, before all else.
  Status Open();

  // Commits what is due. `flush`: what there is. A mark is of a time before the call.
  Status Step(const TableMark& mark, bool flush, const std::stop_token& stop);

  const DeltaTableOptions& options() const { return options_; }
  const DeltaState& state() const { return state_; }

 private:
  using Transactions = std::map<std::string, int64_t>;

  bool IsDue(const Transactions& reached);
  Transactions TransactionsOf(const TableMark& mark, int64_t generation) const;
  Status Write(const TableMark& mark, int64_t generation, const std::stop_token& stop);
  Status WriteOnce(const TableMark& mark, int64_t generation, const std::stop_token& stop);
  Result<std::vector<FileColumn>> Columns();
  DeltaMetadata MetadataOf(const std::vector<FileColumn>& columns) const;
  Result<std::vector<DeltaFile>> PutFiles(const std::string& staging, const std::vector<FileColumn>& columns, int64_t version);
  Result<DeltaFile> PutOne(const std::string& path, const std::string& folder, const std::string& name, const std::vector<FileColumn>& columns);
  Status AfterCommit(const std::vector<FileColumn>& columns, bool grows);
  Status MergeSmallFiles(const std::vector<FileColumn>& columns);
  Status WriteCheckpoint();
  Status DeleteRemoved();
  Status DeleteOrphans();
  Result<std::string> EmptyStaging() const;
  std::vector<FileColumn> Unpartitioned(const std::vector<FileColumn>& columns) const;

  const DeltaServices services_;
  const DeltaTableOptions options_;
  const std::string prefix_;  // tables/NAME/
  DeltaLog log_;
  DeltaState state_;
  std::unique_ptr<ParquetFiles> files_;
  Transactions looked_at_;        // up to where there was nothing, or nothing more, to commit
  int64_t pending_since_ms_ = 0;  // 0: nothing is pending
  double bytes_per_record_ = 256;
};

}  // namespace tailrace::lake
