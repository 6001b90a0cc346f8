// The Parquet files of one Delta Lake table: put into the lake with what its log says of each, and held against that again.
#pragma once

#include <cstdint>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "lake/column_type.h"
#include "lake/delta_log.h"
#include "lake/parquet_files.h"
#include "ports/object_store.h"

namespace tailrace::lake {

// Columns by name with their values; nullopt: null.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

// Of a folder of the table, "A=1/B=x%20y/" or "". The empty text is null, as in Delta Lake's log.
PartitionValues PartitionOf(const std::string& folder);

// Whether a path is of the form that DeltaFiles gives.
bool IsDeltaFileOfOurs(std::string_view path);

// Of its bytes, in hexadecimal digits. kCancelled: `stop`.
Result<std::string> Sha256OfFile(const std::string& path, const std::stop_token& stop);

// Puts the files of one version. Threads: one. Ownership: borrows all.
class DeltaFiles {
 public:
  // `prefix` is that of the table's objects; `columns` are those in the files. A file of more than `bytes` is cut into several.
  DeltaFiles(ObjectStore& objects, ParquetFiles& parquet, Clock& clock, std::string prefix, std::vector<FileColumn> columns, int64_t version, int64_t bytes);

  // A file of this machine, which is gone afterwards, into a folder of the table ("" or ending in "/", as it is on disk).
  Status Put(const std::string& path, const std::string& folder);

  // Those put so far.
  std::vector<DeltaFile>& added() { return added_; }

 private:
  Status PutOne(const std::string& path, const std::string& folder);

  ObjectStore& objects_;
  ParquetFiles& parquet_;
  Clock& clock_;
  const std::string prefix_;
  const std::vector<FileColumn> columns_;
  const int64_t version_;
  const int64_t bytes_;
  std::vector<DeltaFile> added_;
};

// A file of this machine that is on its way into a folder of the table.
struct StagedFile {
  std::string path;
  std::string folder;  // "" or ending in "/"
};

// All Parquet files below a folder, by path.
Result<std::vector<StagedFile>> StagedFilesIn(const std::string& staging);

}  // namespace tailrace::lake
