// The raw floor of the lake: every accepted record of a stream as it came, in files, for good.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace {

// What the lake holds of one partition: every record from `begin` to before `end`.
struct RawStatus {
  Offset begin;
  Offset end;
  int64_t files = 0;
  int64_t bytes = 0;
};

// A file counted again.
struct RawCount {
  int64_t files = 0;
  int64_t records = 0;
};

// Threads: thread-safe.
// Errors:  kNotFound = the lake has no such record; kCorruption = a file is not what its manifest says, with its name; those of ObjectStore.
class RawLake {
 public:
  virtual ~RawLake() = default;

  // By partition; empty when the lake does not keep the stream.
  virtual std::vector<RawStatus> Partitions(StreamId stream) const = 0;

  // As EventLog::Read. kNotFound: `from` is below what the lake holds, or at its end or beyond.
  virtual Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) = 0;

  // The first of its records whose batch is not older; its end when there is none.
  virtual Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) = 0;

  // The name of the object that holds a record, nullopt when none does.
  virtual std::optional<std::string> ObjectOf(StreamId stream, PartitionId partition, Offset offset) const = 0;

  // Reads every file of a partition, holds it against its manifest, and counts its records. kCancelled: `stop`.
  virtual Result<RawCount> CountAgain(StreamId stream, PartitionId partition, const std::stop_token& stop) = 0;
};

}  // namespace tailrace
