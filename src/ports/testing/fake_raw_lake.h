// A raw lake in memory.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/event_log.h"
#include "ports/raw_lake.h"

namespace tailrace {

// Threads: thread-safe.
class FakeRawLake final : public RawLake {
 public:
  // `streams` by their partitions: those that it keeps.
  explicit FakeRawLake(std::map<StreamId, int32_t> streams) : streams_(std::move(streams)) {}

  // Takes what the log has of the streams and the lake has not, each partition's as one file.
  void Carry(EventLog& log);
  // Every read fails with this error; nullopt: no more.
  void FailReads(std::optional<Error> error);

  std::vector<RawStatus> Partitions(StreamId stream) const override;
  Result<std::vector<LogBatch>> Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) override;
  Result<Offset> OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) override;
  std::optional<std::string> ObjectOf(StreamId stream, PartitionId partition, Offset offset) const override;
  Result<RawCount> CountAgain(StreamId stream, PartitionId partition, const std::stop_token& stop) override;

 private:
  struct File {
    Offset first;
    Offset last;
    std::vector<LogBatch> batches;
  };
  using Place = std::pair<StreamId, PartitionId>;
  RawStatus StatusOf(const Place& place) const;

  const std::map<StreamId, int32_t> streams_;
  mutable std::mutex mutex_;
  std::map<Place, std::vector<File>> files_;  // protected by mutex_
  std::optional<Error> error_;                // protected by mutex_
};

}  // namespace tailrace
