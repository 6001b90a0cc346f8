// What a partition's files say at a start: only the segments after the newest snapshot are read. A torn tail is cut;
// damage is left as it is, and the partition takes no more appends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "log/idempotency.h"
#include "log/options.h"
#include "log/segment_store.h"
#include "log/source_positions.h"

namespace tailrace::log {

struct RecoveredPartition {
  RecoveredSegments segments;
  SourcePositions positions;            // marks included
  SourcePositions marks;                // the file of them, whole
  std::vector<KeyRecord> older_keys;    // of sealed segments, oldest first
  std::vector<KeyRecord> segment_keys;  // of the last segment
  std::vector<OriginCount> origins;     // of all records ever appended
  std::optional<std::vector<OriginCount>> origins_gone;  // of those below the first segment
  int64_t next_seq = 1;
  int64_t newest_ms = 0;
  std::optional<Error> damage;  // kCorruption: where, and what is lost
};

// Of the records below the segment that begins there; nullopt: its snapshot cannot be read.
std::optional<std::vector<OriginCount>> OriginsBefore(FileSystem& files, const std::string& directory, Offset begin);

// Errors: those of the file system; damage is a part of the answer.
Result<RecoveredPartition> RecoverPartition(FileSystem& files, const std::string& directory, const LogOptions& options,
                                            int64_t now_ms);

}  // namespace tailrace::log
