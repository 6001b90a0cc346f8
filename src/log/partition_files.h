// Finds the partitions and segments below a path, for the tools that look at a log from outside.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace tailrace::log {

struct SegmentFile {
  std::string path;
  int64_t base_offset = 0;
  int64_t bytes = 0;
};

struct PartitionFiles {
  std::string directory;
  std::vector<SegmentFile> segments;  // ascending
  std::vector<int64_t> snapshots;     // base offsets, ascending
};

// `path` is a segment, a partition, a stream, or anything above them. kNotFound when there is nothing of a log
// below it.
Result<std::vector<PartitionFiles>> FindPartitions(FileSystem& files, const std::string& path);

}  // namespace tailrace::log
