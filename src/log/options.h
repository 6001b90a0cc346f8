// How a log is laid out and what bounds it.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

#include "log/record_batch.h"

namespace tailrace::log {

struct LogOptions {
  std::string directory;                      // above the directories of the streams
  int64_t segment_bytes = int64_t{64} << 20;  // a segment is sealed before it holds more, as not compressed; one batch may be more
  int64_t batch_bytes_max =
      int64_t{1} << 20;  // a batch takes no further request beyond this; one request may be larger
  int64_t in_flight_bytes_max = int64_t{64}
                                << 20;  // taken and not yet synced, over all streams; one request always fits
  // A segment is zeroed ahead of its end, so that a sync need not record new blocks, in steps that grow with the
  // batches up to this: a step is synced together with the batch that needed it.
  int64_t zero_step_bytes = int64_t{1} << 20;
  // A batch of this size or more is written without zeros before it: they would cost more than what they save.
  int64_t zeroed_batch_bytes_max = int64_t{128} << 10;
  int64_t position_step_bytes = int64_t{4} << 20;  // how far the synced position may be ahead of what is on the disk
  // A batch of this size or more is written compressed: that takes less time than writing what it saves. A smaller one is written as it is.
  Compression compression = Compression::kLz4;
  int64_t compressed_batch_bytes_min = int64_t{128} << 10;
  // Remembered by each partition; the oldest goes first. Where the partitions are many, each gets an equal share of
  // what all of them may remember: IdempotencyKeysOf. A key takes IdempotencyWindow::kBytesPerKey of memory.
  int64_t idempotency_keys_max = 1'000'000;
  int64_t idempotency_keys_total_max = 4'000'000;
  std::chrono::milliseconds idempotency_age_max = std::chrono::hours(24);
  std::chrono::milliseconds fence_retry =
      std::chrono::seconds(1);        // how often a fence that could not be recorded is tried again
  int32_t recycled_segments_max = 1;  // kept by each partition, zeroed, for later use
};

struct StreamOptions {
  std::string name;
  std::string directory;  // below LogOptions::directory, for example log/sales
  int32_t partitions = 1;
};

// How many keys a partition remembers when there are so many of them over all streams.
inline int64_t IdempotencyKeysOf(const LogOptions& options, int64_t partitions) {
  const int64_t share = options.idempotency_keys_total_max / std::max<int64_t>(partitions, 1);
  return std::max<int64_t>(1, std::min(options.idempotency_keys_max, share));
}

// Which segments may go. A segment goes when it is too old or the partition too large; without either, never.
struct RetentionPolicy {
  int64_t older_than_ms = 0;  // wall-clock time: segments whose newest batch is older may go; 0 for none
  int64_t bytes_max = 0;      // of a partition; 0 for no limit
};

// A request of more bytes than this is refused as kInvalid.
inline constexpr int64_t kRequestBytesMax = int64_t{256} << 20;
inline constexpr int32_t kPartitionsMax = 1024;

}  // namespace tailrace::log
