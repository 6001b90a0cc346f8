#include "engine/tiered_log.h"

#include <algorithm>
#include <utility>

namespace tailrace::engine {

Offset TieredLog::BeginOfLog(StreamId stream, PartitionId partition) const {
  const auto partitions = log_.Partitions(stream);
  const auto p = static_cast<size_t>(partition.value);
  return p < partitions.size() ? partitions[p].begin : Offset{};
}

Result<std::vector<LogBatch>> TieredLog::Read(StreamId stream, PartitionId partition, Offset from, size_t bytes_max) {
  auto in_log = log_.Read(stream, partition, from, bytes_max);
  if (in_log || in_log.error().code() != ErrorCode::kNotFound || from >= BeginOfLog(stream, partition)) return in_log;
  // A file of the lake may reach beyond where the log begins: from there on the log is read, which knows more of its records.
  const Offset log_begin = BeginOfLog(stream, partition);
  auto batches = lake_.Read(stream, partition, from, bytes_max);
  if (!batches) return batches;
  for (LogBatch& batch : *batches) std::erase_if(batch.records, [&](const LogRecord& record) { return record.offset >= log_begin; });
  std::erase_if(*batches, [](const LogBatch& batch) { return batch.records.empty(); });
  // The lake's lines do not say who brought a record; the log has counted those that it let go of.
  for (LogBatch& batch : *batches) {
    batch.origins = [] {
      OriginRun run;
      run.origin.name = kLakeOrigin;
      return std::vector<OriginRun>{run};
    };
  }
  return batches;
}

std::vector<PartitionStatus> TieredLog::Partitions(StreamId stream) const {
  // The log first: what it lets go of afterwards, the lake had before.
  auto partitions = log_.Partitions(stream);
  const auto held = lake_.Partitions(stream);
  for (size_t p = 0; p < held.size() && p < partitions.size(); ++p) {
    const bool meets = held[p].files > 0 && held[p].begin < partitions[p].begin && held[p].end >= partitions[p].begin;
    // `origins_gone` stays the log's: of what is read from the lake, under kLakeOrigin.
    if (meets) partitions[p].begin = held[p].begin;
  }
  return partitions;
}

Result<Offset> TieredLog::OffsetOfTime(StreamId stream, PartitionId partition, int64_t timestamp_ms) {
  const Offset begin = BeginOfLog(stream, partition);
  TR_TRY(const Offset found, log_.OffsetOfTime(stream, partition, timestamp_ms));
  if (found > begin || begin.value == 0) return found;
  const auto held = lake_.Partitions(stream);
  const auto p = static_cast<size_t>(partition.value);
  if (p >= held.size() || held[p].files == 0) return found;
  TR_TRY(const Offset in_lake, lake_.OffsetOfTime(stream, partition, timestamp_ms));
  return std::min(found, in_lake);
}

}  // namespace tailrace::engine
