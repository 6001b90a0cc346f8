// Hands out the numbers of the server-wide sequence and knows which of them are on their way to a disk.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "model/ids.h"

namespace tailrace::log {

// Threads: thread-safe.
class Sequencer {
 public:
  // A partition; at most one batch of it is on its way at a time.
  struct Slot {
    int32_t value = 0;
  };
  struct Ticket {
    Seq first;
    int64_t timestamp_ms = 0;
  };

  // Before the first Take.
  Slot AddPartition(int32_t stream);
  // `next_seq` and `newest_ms` are at or above everything in the log. Before the first Take.
  void StartAt(int64_t next_seq, int64_t newest_ms);

  // Numbers for a batch of `records`, in order of time too: times never go backwards along the sequence.
  Ticket Take(Slot slot, int64_t records, int64_t now_ms);
  // The batch is synced, or will never be read: no reader need wait for its numbers.
  void Done(Slot slot);

  // Lowest number of the stream on its way; the next number when there is none.
  Seq StableBelow(int32_t stream) const;
  Seq next() const;

 private:
  static constexpr int64_t kNone = INT64_MAX;

  mutable std::mutex mutex_;
  int64_t next_ = 1;
  int64_t newest_ms_ = 0;
  std::vector<int64_t> on_its_way_;              // by slot: first number, or kNone
  std::vector<std::vector<int32_t>> of_stream_;  // slots
};

}  // namespace tailrace::log
