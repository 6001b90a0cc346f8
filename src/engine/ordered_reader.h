// Reads a stream in its one order: the partitions merged by sequence number, below what is stable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/letter_entry.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace::engine {

// A record that was sent again: the entry of the dead-letter log, and its text.
struct SentRecord {
  Offset at;
  LetterEntry entry;
  std::string text;  // with RecordDecoder::kPadding behind it
};

struct OrderedRecord {
  PartitionId partition;
  int64_t timestamp_ms = 0;
  LogRecord record;
  std::shared_ptr<const SentRecord> sent = nullptr;  // when it comes out of the dead-letter log, with its old place in the stream
};

// A stretch of the stream. Views point into `buffers`.
struct RecordRun {
  std::vector<OrderedRecord> records;
  size_t bytes = 0;      // of the values
  Positions before;      // of the first record
  Positions after;       // past the last one
  std::vector<std::shared_ptr<const std::string>> buffers;
};

struct RunLimits {
  size_t records_max = 0;
  size_t bytes_max = 0;
};

// Threads: one at a time. Ownership: borrows `log`. Errors: those of EventLog::Read.
class OrderedReader {
 public:
  OrderedReader(EventLog& log, StreamId stream, Positions from);

  // What there is now, within the limits, below `until` (null: no bound) and below the number `below`; empty when there is nothing.
  Result<RecordRun> Next(const RunLimits& limits, const Positions* until, Seq below = kNoBound);

  // The number of the next record, or, when there is none, the one below which all there is has been read.
  Result<Seq> Peek();

  static constexpr Seq kNoBound{INT64_MAX};

  const Positions& positions() const { return positions_; }

 private:
  struct Lane {
    std::deque<LogBatch> batches;
    size_t at = 0;         // record in the first batch
    bool drained = false;  // read to its end since the bound was taken
  };

  Status Refill(size_t partition);
  Result<int> LowestLane(Seq stable, const Positions* until);
  void Take(size_t partition, RecordRun* run);

  EventLog& log_;
  const StreamId stream_;
  Positions positions_;
  std::vector<Lane> lanes_;
};

}  // namespace tailrace::engine
