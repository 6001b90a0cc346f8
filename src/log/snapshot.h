// What a partition knew besides its records when a segment began, so that a start reads only the segments after it: the
// source positions and the counts by origin whole, and the idempotency keys of the segment before (older ones are in older snapshots).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "log/idempotency.h"
#include "model/origin.h"
#include "log/source_positions.h"

namespace tailrace::log {

struct Snapshot {
  int64_t base_offset = 0;  // of the segment it precedes
  int64_t next_seq = 0;
  int64_t newest_ms = 0;  // time of the last batch before it
  SourcePositions positions;
  std::vector<KeyRecord> keys;  // oldest first
  std::vector<OriginCount> origins = {};  // of all records before it
};

// Durable when it returns.
Status WriteSnapshot(FileSystem& files, const std::string& directory, const Snapshot& snapshot);

// kNotFound, kCorruption.
Result<Snapshot> ReadSnapshot(FileSystem& files, const std::string& directory, int64_t base_offset);

}  // namespace tailrace::log
