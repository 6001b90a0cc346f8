#include "engine/ordered_reader.h"

#include <algorithm>
#include <utility>

namespace tailrace::engine {
namespace {

constexpr size_t kReadBytes = size_t{2} << 20;

}  // namespace

OrderedReader::OrderedReader(EventLog& log, StreamId stream, Positions from)
    : log_(log), stream_(stream), positions_(std::move(from)), lanes_(positions_.size()) {}

Result<Seq> OrderedReader::Peek() {
  const Seq stable = log_.StableBelow(stream_);
  for (Lane& lane : lanes_) lane.drained = false;
  TR_TRY(const int lane, LowestLane(stable, nullptr));
  return lane < 0 ? stable : lanes_[static_cast<size_t>(lane)].batches.front().records[lanes_[static_cast<size_t>(lane)].at].seq;
}

Result<RecordRun> OrderedReader::Next(const RunLimits& limits, const Positions* until, Seq below) {
  // The bound is read before the records: whatever lies below it is readable from here on.
  const Seq stable = std::min(log_.StableBelow(stream_), below);
  for (Lane& lane : lanes_) lane.drained = false;
  RecordRun run;
  run.before = positions_;
  while (run.records.size() < limits.records_max && run.bytes < limits.bytes_max) {
    TR_TRY(const int lane, LowestLane(stable, until));
    if (lane < 0) break;
    Take(static_cast<size_t>(lane), &run);
  }
  run.after = positions_;
  return run;
}

Status OrderedReader::Refill(size_t partition) {
  Lane& lane = lanes_[partition];
  TR_TRY(auto batches, log_.Read(stream_, PartitionId{static_cast<int32_t>(partition)}, positions_[partition], kReadBytes));
  for (LogBatch& batch : batches) {
    if (!batch.records.empty()) lane.batches.push_back(std::move(batch));
  }
  lane.at = 0;
  lane.drained = lane.batches.empty();
  return {};
}

// The partition whose next record comes first, or -1 when none is to be had.
Result<int> OrderedReader::LowestLane(Seq stable, const Positions* until) {
  int lowest = -1;
  Seq lowest_seq = stable;
  for (size_t p = 0; p < lanes_.size(); ++p) {
    if (until != nullptr && positions_[p] >= (*until)[p]) continue;
    if (lanes_[p].batches.empty() && !lanes_[p].drained) TR_RETURN_IF_ERROR(Refill(p));
    if (lanes_[p].batches.empty()) continue;
    const Seq seq = lanes_[p].batches.front().records[lanes_[p].at].seq;
    if (seq < lowest_seq) {
      lowest = static_cast<int>(p);
      lowest_seq = seq;
    }
  }
  return lowest;
}

void OrderedReader::Take(size_t partition, RecordRun* run) {
  Lane& lane = lanes_[partition];
  const LogBatch& batch = lane.batches.front();
  if (run->buffers.empty() || run->buffers.back() != batch.buffer) run->buffers.push_back(batch.buffer);
  const LogRecord& record = batch.records[lane.at];
  run->records.push_back({batch.partition, batch.timestamp_ms, record});
  run->bytes += record.value.size();
  positions_[partition] = record.offset.Plus(1);
  if (++lane.at == batch.records.size()) {
    lane.batches.pop_front();
    lane.at = 0;
  }
}

}  // namespace tailrace::engine
