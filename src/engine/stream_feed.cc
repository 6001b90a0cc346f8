#include "engine/stream_feed.h"

#include <algorithm>
#include <utility>

#include "engine/progress.h"

namespace tailrace::engine {

std::string_view KindName(WorkKind kind) {
  switch (kind) {
    case WorkKind::kRows: return "rows";
    case WorkKind::kTable: return "table";
    case WorkKind::kCollection: return "collection";
  }
  return "table";
}

Positions DecodedBatch::PositionsAfter(size_t row_count) const {
  if (row_count >= run_index.size()) return run.after;
  Positions positions = run.before;
  const size_t records = row_count == 0 ? 0 : run_index[row_count - 1] + 1;
  for (size_t i = 0; i < records; ++i) {
    const OrderedRecord& record = run.records[i];
    positions[static_cast<size_t>(record.partition.value)] = record.record.offset.Plus(1);
  }
  return positions;
}

DecodedBatch::Consumed DecodedBatch::ConsumedBy(RowRange range) const {
  const size_t begin = range.begin == 0 ? 0 : run_index[range.begin - 1] + 1;
  const size_t end = range.end >= run_index.size() ? run.records.size() : run_index[range.end - 1] + 1;
  Consumed consumed;
  consumed.read = static_cast<int64_t>(end - begin);
  consumed.undecodable = std::count_if(faults.begin(), faults.end(), [&](const DecodeFault& fault) {
    return fault.index >= begin && fault.index < end;
  });
  return consumed;
}

StreamFeed::StreamFeed(std::string stream, StreamId id, EventLog& log, Warehouse& warehouse, RecordDecoder decoder,
                       FeedLimits limits)
    : stream_(std::move(stream)), id_(id), log_(log), warehouse_(warehouse), decoder_(std::move(decoder)), limits_(limits) {}

void StreamFeed::Add(Materialization materialization, Positions positions) {
  members_.push_back({std::move(materialization), std::move(positions)});
}

Positions StreamFeed::Lowest() const {
  // Positions of one stream are prefixes of its one order, so that of any two one covers the other.
  const Member* lowest = &members_.front();
  for (const Member& member : members_) {
    if (!Covers(member.positions, lowest->positions)) lowest = &member;
  }
  return lowest->positions;
}

Result<bool> StreamFeed::Step(const Dispatch& dispatch, const Positions* until) {
  if (members_.empty()) return false;
  const Positions lowest = Lowest();
  std::vector<Member*> group;
  const Positions* next = until;
  for (Member& member : members_) {
    if (member.positions == lowest) {
      group.push_back(&member);
    } else if (next == nullptr || !Covers(member.positions, *next)) {
      next = &member.positions;
    }
  }
  if (reader_ == nullptr || reader_->positions() != lowest) reader_ = std::make_unique<OrderedReader>(log_, id_, lowest);
  auto run = reader_->Next({limits_.batch_rows_max, limits_.batch_bytes_max}, next);
  if (!run) {
    reader_.reset();  // it may have taken records that nobody got
    return Fail(run.error());
  }
  if (run->records.empty()) return false;
  const Positions after = run->after;
  TR_TRY(const auto batch, Decode(std::move(*run)));
  std::vector<Materialization> takers;
  for (const Member* member : group) takers.push_back(member->materialization);
  if (!dispatch(batch, takers)) return Fail(Error::Cancelled("stopping"));
  for (Member* member : group) member->positions = after;
  return true;
}

Result<std::shared_ptr<const DecodedBatch>> StreamFeed::Decode(RecordRun run) {
  auto batch = std::make_shared<DecodedBatch>();
  batch->stream = stream_;
  batch->run = std::move(run);
  TR_TRY(batch->rows, warehouse_.NewBatch(stream_));
  batch->run_index.reserve(batch->run.records.size());
  DecodeInto(batch.get());
  return batch;
}

void StreamFeed::DecodeInto(DecodedBatch* batch) {
  StreamBatch& rows = *batch->rows;
  for (size_t i = 0; i < batch->run.records.size(); ++i) {
    const OrderedRecord& ordered = batch->run.records[i];
    const LogRecord& record = ordered.record;
    if (auto decoded = decoder_.Decode(record.value, &rows.rows()); !decoded) {
      batch->faults.push_back({i, decoded.error()});
      continue;
    }
    rows.Stamp(ordered.partition, record.offset, record.seq, ordered.timestamp_ms, record.value);
    rows.rows().CommitRow();
    batch->run_index.push_back(i);
  }
}

}  // namespace tailrace::engine
