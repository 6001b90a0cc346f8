#include "log/partition_files.h"

#include <algorithm>

#include "log/file_names.h"

namespace tailrace::log {
namespace {

constexpr int kDepthMax = 8;

Status Collect(FileSystem& files, const std::string& directory, int depth, std::vector<PartitionFiles>* found) {
  if (depth > kDepthMax) return {};
  PartitionFiles partition{directory, {}, {}};
  std::vector<std::string> below;
  bool is_partition = false;
  TR_TRY(const auto names, files.List(directory));
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    TR_TRY(const FileInfo info, files.Stat(path));
    if (info.directory) {
      below.push_back(path);
    } else if (name == kSyncedName || name == kMarksName || name == kFenceName) {
      is_partition = true;
    } else if (const auto base = NumberOf(name, kSegmentSuffix)) {
      partition.segments.push_back({path, *base, info.bytes});
    } else if (const auto snapshot = NumberOf(name, kSnapshotSuffix)) {
      partition.snapshots.push_back(*snapshot);
    }
  }
  is_partition = is_partition || !partition.segments.empty() || !partition.snapshots.empty();
  if (is_partition) found->push_back(std::move(partition));
  for (const std::string& path : below) TR_RETURN_IF_ERROR(Collect(files, path, depth + 1, found));
  return {};
}

}  // namespace

Result<std::vector<PartitionFiles>> FindPartitions(FileSystem& files, const std::string& path) {
  TR_TRY(const FileInfo info, files.Stat(path));
  std::vector<PartitionFiles> found;
  if (info.directory) {
    TR_RETURN_IF_ERROR(Collect(files, path, 0, &found));
  } else if (const auto base = NumberOf(path.substr(path.find_last_of('/') + 1), kSegmentSuffix)) {
    found.push_back({ParentPath(path), {{path, *base, info.bytes}}, {}});
  }
  if (found.empty()) return Fail(Error::NotFound(path + " holds no log"));
  return found;
}

}  // namespace tailrace::log
