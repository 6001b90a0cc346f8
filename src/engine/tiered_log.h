// The log with what retention has taken out of it: records come from the raw lake up to where the log begins, and from the log from there
// on. Whoever reads it sees no seam.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "ports/event_log.h"
#include "ports/raw_lake.h"

namespace tailrace::engine {

// The name of the origin of records that are read from the lake: PartitionStatus::origins_gone counts them by whom they came from.
inline constexpr std::string_view kLakeOrigin = "(in the lake)";

// Threads, errors, durability: as EventLog. A stream that the lake does not keep is the log's alone.
// Ownership: borrows both.
class TieredLog final : public EventLog {
 public:
  TieredLog(EventLog& log, RawLake& lake) : log_(log), lake_(lake) {}

  Status Append(const AppendRequest& request, AppendWaiter* waiter) override { return log_.Append(request, waiter); }
  Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) override;
  Seq StableBelow(StreamId stream) override { return log_.StableBelow(stream); }
  // `begin` is the oldest record that can be read, in the lake or in the log; `bytes` are the log's.
  std::vector<PartitionStatus> Partitions(StreamId stream) const override;
  Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) override;
  std::vector<std::optional<SourcePosition>> SourcePositions(StreamId stream, std::string_view source, std::string_view item) override {
    return log_.SourcePositions(stream, source, item);
  }
  void Subscribe(StreamId stream, std::function<void()> changed) override { log_.Subscribe(stream, std::move(changed)); }
  void Stop() override { log_.Stop(); }

 private:
  Offset BeginOfLog(StreamId stream, PartitionId partition) const;

  EventLog& log_;
  RawLake& lake_;
};

}  // namespace tailrace::engine
