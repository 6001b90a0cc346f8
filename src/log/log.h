// The event log on local files: Kafka's record batches in pre-zeroed segments, synced before they are acknowledged.
//
//   TR_TRY(auto log, log::Log::Open({.directory = ".tailrace"}, {{"sales", "log/sales", 2}}, PosixFileSystem(),
//   SystemClock()));
//
// Layout and recovery: docs/formats/log.md.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "log/options.h"
#include "log/partition.h"
#include "log/sequencer.h"
#include "ports/event_log.h"

namespace tailrace::log {

// Threads, errors, durability: as EventLog. Waiters must not call Stop.
// Ownership:  borrows `files` and `clock`. The caller holds the lock of the data directory: no two logs over the same
// files.
class Log final : public EventLog {
 public:
  // Makes what is missing, cuts torn tails and what lies behind fences. A partition whose files are damaged is open for
  // reading only: Partitions() tells. kInvalid: a stream with records has another number of partitions, or options are
  // wrong.
  static Result<std::unique_ptr<Log>> Open(LogOptions options, std::vector<StreamOptions> streams, FileSystem& files,
                                           Clock& clock);
  ~Log() override;

  Status Append(const AppendRequest& request, AppendWaiter* waiter) override;
  Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) override;
  Seq StableBelow(StreamId stream) override;
  std::vector<PartitionStatus> Partitions(StreamId stream) const override;
  Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) override;
  std::vector<std::optional<SourcePosition>> SourcePositions(StreamId stream, std::string_view source,
                                                             std::string_view item) override;
  void Subscribe(StreamId stream, std::function<void()> changed) override;
  void Stop() override;

  // Deletes whole segments that the policy lets go, none that reaches `low_water` of its partition or beyond. From one
  // thread.
  Status Retain(StreamId stream, const RetentionPolicy& policy, const Positions& low_water);

 private:
  struct Stream {
    StreamOptions options;
    std::vector<std::function<void()>> subscribers;
    std::vector<std::unique_ptr<Partition>> partitions;
  };

  Log(LogOptions options, FileSystem& files, Clock& clock);
  Status OpenStream(int32_t index, StreamOptions stream, int64_t* next_seq, int64_t* newest_ms);
  Status AdoptStream(const StreamOptions& stream, const std::string& directory);
  Result<Partition*> Find(StreamId stream, PartitionId partition) const;

  const LogOptions options_;
  FileSystem& files_;
  Clock& clock_;
  Sequencer sequencer_;
  InFlightBudget budget_;
  std::vector<std::unique_ptr<Stream>> streams_;  // constant after Open, subscribers after the first append
};

}  // namespace tailrace::log
