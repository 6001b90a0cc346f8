// Where batches lie in a segment: by offset and by time, one entry for every few KiB. In memory for the segment being
// written; beside each sealed one as Kafka's .index and .timeindex files. Only a hint: whoever uses it checks the batch
// it finds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::log {

class SegmentIndex {
 public:
  static constexpr int64_t kIntervalBytes = 4096;

  explicit SegmentIndex(int64_t base_offset) : base_offset_(base_offset) {}

  // Notes a batch; batches come in order.
  void Note(int64_t last_offset, int64_t position, int64_t bytes, int64_t timestamp_ms);

  // Where to start looking for a batch that holds `offset`, or for one not older than a time.
  int64_t PositionOfOffset(int64_t offset) const;
  int64_t PositionOfTime(int64_t timestamp_ms) const;

  // Time of the newest batch noted; 0 when there is none.
  int64_t newest_ms() const { return newest_ms_; }

  // Of the batches noted, ascending.
  std::vector<int64_t> positions() const;

  std::string EncodeOffsets() const;
  std::string EncodeTimes() const;
  // kCorruption when the bytes cannot be an index.
  static Result<SegmentIndex> Decode(int64_t base_offset, std::string_view offsets, std::string_view times);

 private:
  struct OffsetEntry {
    uint32_t last_offset = 0;  // of the batch, relative to the base
    uint32_t position = 0;
  };
  struct TimeEntry {
    int64_t timestamp_ms = 0;
    uint32_t last_offset = 0;
  };

  int64_t base_offset_;
  int64_t newest_ms_ = 0;
  int64_t newest_offset_ = 0;
  int64_t bytes_since_entry_ = 0;
  std::vector<OffsetEntry> offsets_;
  std::vector<TimeEntry> times_;
};

}  // namespace tailrace::log
