// One partition of a stream: takes appends, writes and syncs them in groups, and tells how each ended.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "log/fence.h"
#include "log/idempotency.h"
#include "log/options.h"
#include "log/pending_batch.h"
#include "log/recovery.h"
#include "log/segment_store.h"
#include "log/sequencer.h"
#include "log/source_positions.h"
#include "ports/event_log.h"

namespace tailrace::log {

// Bytes taken and not yet synced, over a whole log. Threads: thread-safe.
class InFlightBudget {
 public:
  explicit InFlightBudget(int64_t bytes_max) : bytes_max_(bytes_max) {}
  // One request is always let in, however large.
  bool TryTake(size_t bytes);
  void Give(size_t bytes) { bytes_.fetch_sub(static_cast<int64_t>(bytes), std::memory_order_relaxed); }

 private:
  const int64_t bytes_max_;
  std::atomic<int64_t> bytes_{0};
};

// What the partitions of a log share. All of it outlives them.
struct PartitionContext {
  FileSystem& files;
  Clock& clock;
  const LogOptions& options;
  Sequencer& sequencer;
  InFlightBudget& budget;
};

// Threads:    thread-safe. One writer thread, started by the first append.
// Errors:     as EventLog.
// Durability: as EventLog. One group of appends is one batch, one write and one sync; the next group forms meanwhile.
class Partition {
 public:
  // `changed` is called on the writer thread when more has become stable.
  Partition(const PartitionContext& context, std::string directory, PartitionId id, Sequencer::Slot slot,
            RecoveredPartition recovered, std::function<void()> changed);
  ~Partition();

  Status Append(const AppendRequest& request, AppendWaiter* waiter);
  Result<std::vector<LogBatch>> Read(Offset from, size_t bytes_max) { return store_.Read(id_, from, bytes_max); }
  Result<Offset> OffsetOfTime(int64_t timestamp_ms) { return store_.OffsetOfTime(timestamp_ms); }
  PartitionStatus status() const;
  std::optional<SourcePosition> PositionOf(std::string_view source, std::string_view item) const;
  Status Retain(const RetentionPolicy& policy, Offset low_water);
  void Stop();

 private:
  struct Committed {
    int64_t base_offset = 0;
    Seq first_seq;
    int64_t timestamp_ms = 0;
  };

  // Under the lock.
  Status Admit(const AppendRequest& request, const KeyHash& hash, size_t bytes, AppendWaiter* waiter);
  PendingBatch& BatchFor(size_t bytes, bool mark);
  Status StartWriter();

  // The writer's.
  void WriteLoop();
  std::unique_ptr<PendingBatch> NextBatch();
  void Recycle(std::unique_ptr<PendingBatch> batch);
  Result<Committed> Commit(PendingBatch& batch);
  Result<Committed> CommitRecords(PendingBatch& batch);
  Result<Committed> CommitMarks(const PendingBatch& batch);
  Status MakeRoom(int64_t bytes);
  Status WriteSnapshotOf(int64_t base_offset);
  // Readers see the batch from here on, together with what it tells.
  void Publish(const BatchHeader& header, const PendingBatch& batch, const Committed& committed);
  // What was appended after something that failed fails with it, so that a source never has later rows in the log
  // without the earlier ones.
  std::deque<std::unique_ptr<PendingBatch>> TakeQueued();
  void Tell(const PendingBatch& batch, const Result<Committed>& outcome);
  void TellRepeated(const PendingBatch::Repeated& repeated);
  Error StopAt(const Error& cause);
  void RecordFence();

  FileSystem& files_;
  Clock& clock_;
  const LogOptions& options_;
  Sequencer& sequencer_;
  InFlightBudget& budget_;
  const std::string directory_;
  const PartitionId id_;
  const Sequencer::Slot slot_;
  const std::function<void()> changed_;
  SegmentStore store_;

  // The writer's.
  SourcePositions marks_;     // given without records since the last snapshot
  int64_t segment_keys_ = 0;  // how many of the window came in the segment being written
  int64_t newest_ms_ = 0;
  ByteBuffer packed_;
  std::optional<Fence> unrecorded_fence_;

  mutable std::mutex mutex_;  // guards what follows; never held over I/O or a callback
  std::condition_variable work_;
  bool writer_waits_ = false;
  bool stopping_ = false;
  std::optional<Error> refusal_;  // why no more is taken
  std::optional<Error> fenced_;
  std::deque<std::unique_ptr<PendingBatch>> pending_;
  std::unique_ptr<PendingBatch> spare_;
  IdempotencyWindow window_;
  SourcePositions positions_;
  std::vector<OriginCount> origins_;
  std::vector<OriginCount> repeated_;
  Offset origins_begin_;  // below it are those of origins_gone_
  std::optional<std::vector<OriginCount>> origins_gone_;
  std::thread writer_;
};

}  // namespace tailrace::log
