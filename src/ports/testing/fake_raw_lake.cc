#include "ports/testing/fake_raw_lake.h"

#include <cstddef>

namespace tailrace {
namespace {

constexpr size_t kPlenty = size_t{1} << 30;

}  // namespace

void FakeRawLake::Carry(EventLog& log) {
  for (const auto& [stream, partitions] : streams_) {
    const auto in_log = log.Partitions(stream);
    for (int32_t p = 0; p < partitions; ++p) {
      const PartitionStatus& status = in_log.at(static_cast<size_t>(p));
      const std::lock_guard lock(mutex_);
      auto& files = files_[{stream, PartitionId{p}}];
      File file;
      file.first = files.empty() ? status.begin : files.back().last.Plus(1);
      if (file.first >= status.end) continue;
      file.last = Offset{status.end.value - 1};
      file.batches = log.Read(stream, PartitionId{p}, file.first, kPlenty).value();
      files.push_back(std::move(file));
    }
  }
}

void FakeRawLake::FailReads(std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  error_ = std::move(error);
}

RawStatus FakeRawLake::StatusOf(const Place& place) const {
  RawStatus status;
  const auto found = files_.find(place);
  if (found == files_.end() || found->second.empty()) return status;
  status.begin = found->second.front().first;
  status.end = found->second.back().last.Plus(1);
  status.files = std::ssize(found->second);
  for (const File& file : found->second) {
    for (const LogBatch& batch : file.batches) status.bytes += std::ssize(*batch.buffer);
  }
  return status;
}

std::vector<RawStatus> FakeRawLake::Partitions(StreamId stream) const {
  std::vector<RawStatus> all;
  const auto kept = streams_.find(stream);
  if (kept == streams_.end()) return all;
  const std::lock_guard lock(mutex_);
  for (int32_t p = 0; p < kept->second; ++p) all.push_back(StatusOf({stream, PartitionId{p}}));
  return all;
}

Result<std::vector<LogBatch>> FakeRawLake::Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (error_) return Fail(*error_);
  const auto found = files_.find({stream, partition});
  std::vector<LogBatch> batches;
  size_t bytes = 0;
  for (const File& file : found == files_.end() ? std::vector<File>() : found->second) {
    if (from < file.first || from > file.last) continue;
    for (LogBatch batch : file.batches) {
      std::erase_if(batch.records, [&](const LogRecord& record) { return record.offset < from; });
      if (batch.records.empty()) continue;
      if (!batches.empty() && bytes >= bytes_max) break;
      bytes += batch.buffer->size();
      batches.push_back(std::move(batch));
    }
  }
  if (batches.empty()) return Fail(Error::NotFound("the lake does not hold it"));
  return batches;
}

Result<Offset> FakeRawLake::OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) {
  const std::lock_guard lock(mutex_);
  for (const File& file : files_[{stream, partition}]) {
    for (const LogBatch& batch : file.batches) {
      if (batch.timestamp_ms >= timestamp_ms) return batch.records.front().offset;
    }
  }
  return StatusOf({stream, partition}).end;
}

std::optional<std::string> FakeRawLake::ObjectOf(StreamId stream, PartitionId partition, Offset offset) const {
  const std::lock_guard lock(mutex_);
  const auto found = files_.find({stream, partition});
  if (found == files_.end()) return std::nullopt;
  for (const File& file : found->second) {
    if (file.first <= offset && offset <= file.last) return "file-" + std::to_string(file.first.value);
  }
  return std::nullopt;
}

Result<RawCount> FakeRawLake::CountAgain(StreamId stream, PartitionId partition, const std::stop_token& stop) {
  if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
  const std::lock_guard lock(mutex_);
  if (error_) return Fail(*error_);
  const RawStatus status = StatusOf({stream, partition});
  return RawCount{status.files, status.end.value - status.begin.value};
}

}  // namespace tailrace
