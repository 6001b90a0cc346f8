// What has to be done to a partition so that it can be written to again: found by reading, nothing is changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "log/fence.h"
#include "log/gap.h"
#include "log/partition_files.h"
#include "log/record_batch.h"
#include "log/segment_index.h"
#include "log/snapshot.h"

namespace tailrace::log {

// A stretch of a segment, in order: bytes that stay, a batch that stays under a right header, or damage.
struct SegmentPiece {
  int64_t byte = 0;
  int64_t bytes = 0;
  std::optional<BatchHeader> mended;  // written instead of the header that is there
  bool damaged = false;
  // Of a damaged one. `lost` is empty where no record was lost with the bytes.
  LostOffsets lost;
  std::string problem;
  int64_t seq = 0;  // of the last lost offset; 0 for the last piece of a partition: above everything in the log
  int64_t timestamp_ms = 0;
};

struct SegmentPlan {
  SegmentFile file;
  std::vector<SegmentPiece> pieces;
  bool missing = false;  // the file is not there
  bool sealed = false;
  SegmentIndex index{0};     // of the segment as it is
  bool index_wrong = false;  // or missing
  bool NeedsRewrite() const;
};

// A file beside the segments.
struct SmallFilePlan {
  std::string path;
  std::string problem;
  std::string forgotten;            // what was in it and cannot be had from elsewhere; empty when nothing was
  std::optional<Snapshot> replace;  // instead of it; otherwise the file is set aside
};

struct PartitionPlan {
  std::string directory;
  std::optional<Fence> fence;  // to be applied before anything is rewritten
  std::vector<SegmentPlan> segments;
  std::vector<SmallFilePlan> small_files;
  std::vector<std::string> beyond_repair;
  int64_t next_seq = 1;  // above everything that could be read

  bool NeedsRewrite() const;
};

// Errors: those of reading.
Result<PartitionPlan> PlanRepair(FileSystem& files, const PartitionFiles& partition);

}  // namespace tailrace::log
