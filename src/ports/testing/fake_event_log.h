// An event log in memory that does what a test tells it to.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "ports/event_log.h"

namespace tailrace {

// Threads: thread-safe. Waiters and subscribers are called by the thread that appends or releases, before the call
// returns.
class FakeEventLog final : public EventLog {
 public:
  // Partitions of each stream.
  FakeEventLog(std::vector<int32_t> partitions, Clock& clock);

  // Appends are taken and numbered but not synced until Release: readers see nothing, StableBelow stands still.
  void Hold(StreamId stream, PartitionId partition);
  void Release(StreamId stream, PartitionId partition);
  // What is held fails, and everything after it.
  void Fence(StreamId stream, PartitionId partition);
  // The next appends are refused with this error, until Accept.
  void Refuse(Error error);
  void Accept();
  // Every read of the partition fails with this error.
  void FailReads(StreamId stream, PartitionId partition, Error error);
  void MendReads(StreamId stream, PartitionId partition);
  // Removes everything below `begin`.
  void Truncate(StreamId stream, PartitionId partition, Offset begin);
  // What is held is lost; what was told of stays.
  void Restart();

  Status Append(const AppendRequest& request, AppendWaiter* waiter) override;
  Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) override;
  Seq StableBelow(StreamId stream) override;
  std::vector<PartitionStatus> Partitions(StreamId stream) const override;
  Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) override;
  std::vector<std::optional<SourcePosition>> SourcePositions(StreamId stream, std::string_view source,
                                                             std::string_view item) override;
  void Subscribe(StreamId stream, std::function<void()> changed) override;
  void Stop() override;

 private:
  struct Stored {
    std::optional<std::string> key;
    std::string value;
  };
  struct StoredOrigin {
    Origin origin;
    std::string name, client, item, request;
    std::vector<int64_t> places;
  };
  static std::shared_ptr<const StoredOrigin> Keep(const AppendRequest& request);
  static std::vector<OriginRun> RunsOf(const StoredOrigin& stored, int64_t base_offset);

  struct Batch {
    int64_t base_offset = 0;
    int64_t base_seq = 0;
    int64_t timestamp_ms = 0;
    std::vector<Stored> records;
    std::string idempotency_key;
    uint64_t digest = 0;
    std::optional<SourcePosition> position;
    std::shared_ptr<const StoredOrigin> origin;
    AppendWaiter* waiter = nullptr;
  };
  struct KeyEntry {
    Appended appended;
    uint64_t digest = 0;
  };
  struct Partition {
    bool holding = false;
    int64_t begin = 0;
    std::deque<Batch> batches;
    std::deque<Batch> held;
    std::map<std::string, KeyEntry> keys;
    std::map<std::pair<std::string, std::string>, SourcePosition> positions;
    std::vector<OriginCount> origins;
    std::vector<OriginCount> repeated;
    std::optional<Error> fenced;
    std::optional<Error> read_error;
    int64_t end() const {
      return batches.empty() ? begin : batches.back().base_offset + std::ssize(batches.back().records);
    }
  };
  struct Stream {
    std::vector<Partition> partitions;
    std::vector<std::function<void()>> subscribers;
  };
  using Told = std::vector<std::pair<AppendWaiter*, Result<Appended>>>;

  Partition* Find(StreamId stream, PartitionId partition);
  void Settle(Partition& partition, Told* told);
  void Tell(StreamId stream, const Told& told);

  Clock& clock_;
  mutable std::mutex mutex_;
  std::vector<Stream> streams_;
  int64_t next_seq_ = 1;
  int64_t newest_ms_ = 0;
  bool stopped_ = false;
  std::optional<Error> refusal_;
};

}  // namespace tailrace
