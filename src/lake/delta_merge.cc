#include "lake/delta_merge.h"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "base/file_system.h"

namespace tailrace::lake {
namespace {

// One partition of the table: what is there, and what is to be.
struct Partition {
  std::vector<const DeltaFile*> old_files;
  std::vector<StagedFile> new_files;
};

class StateMerger {
 public:
  StateMerger(const DeltaMergeOptions& options, const std::vector<FileColumn>& columns, ParquetFiles& parquet, DeltaFiles& files)
      : options_(options), columns_(columns), parquet_(parquet), files_(files) {}

  Status Merge(const Partition& partition) {
    if (partition.old_files.empty() || partition.new_files.empty()) return Replace(partition);
    std::vector<std::string> old_paths;
    int64_t old_bytes = 0;
    for (const DeltaFile* file : partition.old_files) {
      old_paths.push_back(options_.folder + DecodePath(file->path));
      old_bytes += file->bytes;
    }
    std::vector<std::string> new_paths;
    for (const StagedFile& file : partition.new_files) new_paths.push_back(file.path);
    TR_TRY(const int64_t different, parquet_.Compare(old_paths, new_paths, columns_));
    if (different == 0) return {};
    if (old_bytes < options_.merge_from_bytes) return Replace(partition);
    for (size_t i = 0; i < old_paths.size(); ++i) {
      TR_RETURN_IF_ERROR(TakeOut(*partition.old_files[i], old_paths[i], partition.new_files.front().folder));
    }
    const std::string added = NextStaged();
    TR_RETURN_IF_ERROR(parquet_.WriteDifferent(new_paths, added));
    return PutUnlessEmpty(added, partition.new_files.front().folder);
  }

  std::vector<std::string>& removed() { return removed_; }

 private:
  Status Replace(const Partition& partition) {
    for (const DeltaFile* file : partition.old_files) removed_.push_back(file->path);
    for (const StagedFile& file : partition.new_files) TR_RETURN_IF_ERROR(files_.Put(file.path, file.folder));
    return {};
  }

  // The rows of a file that are no more as they were.
  Status TakeOut(const DeltaFile& file, const std::string& path, const std::string& folder) {
    TR_TRY(const int64_t gone, parquet_.CountDifferent(path));
    if (gone == 0) return {};
    removed_.push_back(file.path);
    if (gone == file.records) return {};
    const std::string kept = NextStaged();
    TR_RETURN_IF_ERROR(parquet_.WriteSame(path, kept));
    return PutUnlessEmpty(kept, folder);
  }

  Status PutUnlessEmpty(const std::string& path, const std::string& folder) {
    TR_TRY(const ParquetSummary summary, parquet_.Summarize(path, {}));
    return summary.rows == 0 ? PosixFileSystem().Remove(path) : files_.Put(path, folder);
  }

  // Not among those of the new state, which are looked for by name.
  std::string NextStaged() { return fmt::format("{}/merged-{}.tmp", options_.staging, staged_++); }

  const DeltaMergeOptions& options_;
  const std::vector<FileColumn>& columns_;
  ParquetFiles& parquet_;
  DeltaFiles& files_;
  std::vector<std::string> removed_;
  int staged_ = 0;
};

}  // namespace

Result<DeltaMerge> MergeState(const DeltaState& state, const DeltaMergeOptions& options, const std::vector<FileColumn>& columns, ParquetFiles& parquet,
                              DeltaFiles& files) {
  std::map<PartitionValues, Partition> partitions;
  for (const auto& [path, file] : state.files) partitions[file.partition].old_files.push_back(&file);
  TR_TRY(const auto staged, StagedFilesIn(options.staging));
  for (const StagedFile& file : staged) partitions[PartitionOf(file.folder)].new_files.push_back(file);
  StateMerger merger(options, columns, parquet, files);
  for (const auto& [values, partition] : partitions) TR_RETURN_IF_ERROR(merger.Merge(partition));
  return DeltaMerge{std::move(merger.removed())};
}

}  // namespace tailrace::lake
