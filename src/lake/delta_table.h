// A table of the pipeline as a Delta Lake table.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "lake/column_type.h"
#include "lake/delta_files.h"
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
  int64_t vacuum_after_ms = 3'600'000;  // how long files stay that a version has removed: readers of an older one have so long to finish
  // A partition of fewer bytes is replaced whole when some of its rows have changed; of a larger one only the files that hold them.
  int64_t merge_from_bytes = int64_t{8} << 20;
  int64_t file_bytes = int64_t{64} << 20;  // about: a larger file is cut into several
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
// whatever is repeated. A table that only grows is appended to; of any other the files are written anew whose rows have changed. After a rebuild all
// files are. Files are named by the version that adds them; one that was put by a commit that did not come about is written over or deleted.
// Damage:  a table whose log is damaged does not go on (Open and Step: kCorruption, with the file's name) until it is rebuilt; then it begins anew with
//          version 0.
// Threads: one at a time.
// Errors:  those of the store and the exporter; kConflict = another writer commits to the table all the time. What was not done is done by the next
//          call.
class DeltaTable {
 public:
  DeltaTable(DeltaServices services, DeltaTableOptions options);

  // Reads what is there. Once, before all else. kCorruption: as above; Step and Check may be called all the same.
  Status Open();

  // Commits what is due. `flush`: what there is. A mark is of a time before the call.
  Status Step(const TableMark& mark, bool flush, const std::stop_token& stop);

  // Reads every file of the newest version and holds it against what was noted of it. kCorruption: with the file's name.
  Status Check(const std::stop_token& stop) const;

  const DeltaTableOptions& options() const { return options_; }
  const DeltaState& state() const { return state_; }

 private:
  using Transactions = std::map<std::string, int64_t>;
  // What a commit is made for, and from.
  struct Work {
    const TableMark& mark;
    int64_t generation;
    const std::stop_token& stop;
  };

  Status Read();
  Status BeginAnew();
  bool IsDue(const Transactions& reached);
  Transactions TransactionsOf(const TableMark& mark, int64_t generation) const;
  std::optional<int64_t> Committed(const std::string& app) const;
  Status Write(const Work& work);
  Status WriteOnce(const Work& work);
  Status Grow(const Work& work, const std::vector<FileColumn>& columns, DeltaCommit* commit);
  Status Change(const Work& work, const std::vector<FileColumn>& columns, DeltaCommit* commit);
  FileExportRequest RequestTo(const std::string& staging) const;
  void SetReached(const Work& work, const FileExportSummary& summary, int64_t generation, DeltaCommit* commit) const;
  Result<std::vector<FileColumn>> Columns();
  DeltaMetadata MetadataOf(const std::vector<FileColumn>& columns) const;
  DeltaFiles NewFiles(const std::vector<FileColumn>& columns);
  void RemoveAll(DeltaCommit* commit) const;
  Status AfterCommit(const std::vector<FileColumn>& columns, bool is_rebuilt);
  Status CheckOne(const std::string& name, const std::string& expected, const std::stop_token& stop) const;
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
  std::optional<Error> damage_;           // of the log, since Open
  int64_t damaged_generation_ = 0;        // of the warehouse when that was found
  std::unique_ptr<ParquetFiles> files_;
  Transactions looked_at_;        // up to where there was nothing, or nothing more, to commit
  int64_t pending_since_ms_ = 0;  // 0: nothing is pending
  double bytes_per_record_ = 256;
};

}  // namespace tailrace::lake
