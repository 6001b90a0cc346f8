// Where a partition stopped because a write or a sync failed. What lies beyond was never acknowledged, may or may not
// be on the disk, and others may already have gone past it: the next start cuts it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file_system.h"

namespace tailrace::log {

struct Fence {
  int64_t segment = 0;   // base offset of the segment that holds the end
  int64_t bytes = 0;     // of it that stay
  int64_t end = 0;       // next offset
  int64_t next_seq = 0;  // at least this comes next after a restart
};

Status WriteFence(FileSystem& files, const std::string& directory, const Fence& fence);

// nullopt when there is none; kCorruption.
Result<std::optional<Fence>> ReadFence(FileSystem& files, const std::string& directory);

// Cuts the partition's files at the fence, durably, then takes the fence away.
Status ApplyFence(FileSystem& files, const std::string& directory, const Fence& fence);

}  // namespace tailrace::log
