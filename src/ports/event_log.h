// The durable, partitioned record log that everything else is derived from.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "model/origin.h"

namespace tailrace {

// Index of a stream in the list the log was opened with.
struct StreamId {
  int32_t value = 0;
  auto operator<=>(const StreamId&) const = default;
};

struct NewRecord {
  std::string_view value;
  std::optional<std::string_view> key = std::nullopt;
  int64_t place = 0;  // within its origin's item or request, in the origin's unit
};

// How far a source has read one of its files (or another resumable thing), as of one append.
struct SourcePosition {
  std::string source;    // name in the pipeline file
  std::string item;      // identity of the file within the source
  int64_t next = 0;      // everything below this place of the item that belongs to this partition is in the log
  std::string detail;    // the source's own notes (line number, byte, digest), opaque to the log
};

struct AppendRequest {
  StreamId stream;
  PartitionId partition;
  std::span<const NewRecord> records;            // at least one, unless `position` is set; copied before Append returns
  std::string_view idempotency_key = {};         // empty for none; scoped to (stream, partition)
  const SourcePosition* position = nullptr;      // rides with the last record
  uint64_t idempotency_digest = 0;               // of what is sent; another one under a key that is known is kConflict
  const Origin* origin = nullptr;                // of all its records; copied before Append returns; null: unknown
};

struct Appended {
  Offset first;          // of the request's records in the partition
  Seq first_seq;
  bool duplicate = false;  // the idempotency key was seen before; `first` is where the records already are
};

// Told once how an append ended. Called on the partition's writer thread, which must not be held up: hand over and return.
class AppendWaiter {
 public:
  virtual void OnAppended(const Result<Appended>& result) = 0;

 protected:
  ~AppendWaiter() = default;
};

struct LogRecord {
  Offset offset;
  Seq seq;
  std::optional<std::string_view> key;
  std::string_view value;  // followed by at least RecordDecoder::kPadding readable bytes
};

// One batch as it was written, with its records from the asked offset on. Views point into `buffer`.
struct LogBatch {
  PartitionId partition;
  int64_t timestamp_ms = 0;  // `_ingested_at` of every record in it
  std::vector<LogRecord> records;
  std::shared_ptr<const std::string> buffer;
  // From whom the whole batch came, ascending, decoded when asked; views as above. What is before the first run, or in a batch without
  // this, is unknown.
  std::function<std::vector<OriginRun>()> origins = nullptr;
  std::shared_ptr<const std::string> file = nullptr;  // that holds it; null: none
  int64_t byte = 0;                                   // of the file, where it begins
};

struct PartitionStatus {
  Offset begin;                      // oldest offset still held
  Offset end;                        // one past the newest synced
  int64_t bytes = 0;                 // on disk
  std::optional<Error> fenced;       // why it takes no more appends
  std::vector<OriginCount> origins = {};  // of all records ever appended below `end`, by name
  std::vector<OriginCount> repeated = {};  // of records that came again under a known idempotency key since the log was opened
  std::optional<std::vector<OriginCount>> origins_gone = std::nullopt;  // of those below `begin`; nullopt: it cannot be told
};

// Append-only, partitioned record log of many streams.
// Threads:    thread-safe; appends to one partition are serialized by its writer thread.
// Errors:     kInvalid = not a request; kConflict = the idempotency key came with another digest; kExhausted = too much in flight, or the
//             disk is full: nothing was written; kUnavailable = partition fenced or stopping, outcome unknown; kCorruption = bytes on
//             disk are damaged.
// Durability: every record of a request is on stable storage when its waiter is told of success.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // Refused at once (and `waiter` never called) when the result is an error. Otherwise `waiter` must stay alive until called.
  virtual Status Append(const AppendRequest& request, AppendWaiter* waiter) = 0;

  // Synced batches of one partition from `from` on, whole, until `bytes_max` is passed (always at least one when there is one).
  // Empty at the end. kNotFound: `from` is below the oldest or beyond the end.
  virtual Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) = 0;

  // Every record of the stream with a lower number is synced and readable, or lies behind a fence whose end is durable:
  // reading the partitions merged by `seq` below this is the stream's one order.
  virtual Seq StableBelow(StreamId stream) = 0;

  virtual std::vector<PartitionStatus> Partitions(StreamId stream) const = 0;

  // First offset whose batch is not older than `timestamp_ms`.
  virtual Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) = 0;

  // By partition, the last synced position of (source, item); nullopt where there is none.
  virtual std::vector<std::optional<SourcePosition>> SourcePositions(StreamId stream, std::string_view source,
                                                                     std::string_view item) = 0;

  // Calls `changed` (on a writer thread; it must return at once) whenever StableBelow of the stream may have moved. Before the first append.
  virtual void Subscribe(StreamId stream, std::function<void()> changed) = 0;

  // Refuses new appends, writes and syncs what was taken, tells every waiter. Twice is fine.
  virtual void Stop() = 0;
};

}  // namespace tailrace
