// A new state of a table merged into the files of the one before: only files whose rows have changed are written again.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "lake/delta_files.h"
#include "lake/delta_log.h"

namespace tailrace::lake {

struct DeltaMergeOptions {
  std::string folder;        // of the table on this machine, ending in "/"
  std::string staging;       // where the new state is, in one file for each partition and below the partition's folder
  int64_t merge_from_bytes;  // a partition of fewer bytes is replaced whole when it has changed
};

// What the rows of `state` are to become, as files put by `files` and files of the state that are no longer of it. Rows that are there twice are
// counted. What of the changed rows belongs together is kept together: the rows that changed are in a new file, so that what changes often is not
// spread over files with what never does.
// Errors: those of ParquetFiles: kInvalid when a file of the state cannot be read; those of the store.
struct DeltaMerge {
  std::vector<std::string> removed;  // paths of the state's files
};
Result<DeltaMerge> MergeState(const DeltaState& state, const DeltaMergeOptions& options, const std::vector<FileColumn>& columns, ParquetFiles& parquet,
                              DeltaFiles& files);

}  // namespace tailrace::lake
