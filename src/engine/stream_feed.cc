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

WorkKind KindNamed(std::string_view name) {
  return name == "rows" ? WorkKind::kRows : name == "collection" ? WorkKind::kCollection : WorkKind::kTable;
}

Positions DecodedBatch::PositionsAfter(size_t row_count) const {
  if (letters || row_count >= run_index.size()) return run.after;
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

std::optional<Offset> DecodedBatch::LettersAfter(size_t row_count) const {
  if (!letters || row_count >= run_index.size()) return letters;
  return row_count == 0 ? std::nullopt : std::optional(run.records[run_index[row_count - 1]].sent->at.Plus(1));
}

bool Covers(const FeedPlace& reached, const FeedPlace& wanted) {
  return Covers(reached.records, wanted.records) && reached.redrives >= wanted.redrives;
}

StreamFeed::StreamFeed(std::string stream, StreamId id, EventLog& log, Warehouse& warehouse, RecordDecoder decoder,
                       FeedLimits limits, SentAgain sent)
    : stream_(std::move(stream)),
      id_(id),
      log_(log),
      warehouse_(warehouse),
      decoder_(std::move(decoder)),
      limits_(limits),
      sent_(std::move(sent)) {}

void StreamFeed::Add(Materialization materialization, Positions positions, Offset letters) {
  members_.push_back({std::move(materialization), std::move(positions), letters});
}

void StreamFeed::PutBack(const Materialization& materialization, Positions positions, Offset letters) {
  for (Member& member : members_) {
    if (member.materialization == materialization) member = {materialization, std::move(positions), letters};
  }
}

FeedPlace StreamFeed::PlaceOf(const Member& member) const {
  return {member.positions, sent_.index == nullptr ? 0 : sent_.index->RedrivesBelow(member.letters)};
}

const StreamFeed::Member& StreamFeed::LowestMember() const {
  // Positions of one stream are prefixes of its one order, so that of any two one covers the other. Of two with the same records the one
  // that has taken fewer that were sent again is behind: what was not meant for it, it may have passed without noting it.
  const Member* lowest = &members_.front();
  for (const Member& member : members_) {
    const bool behind = member.positions == lowest->positions ? member.letters < lowest->letters
                                                              : !Covers(member.positions, lowest->positions);
    if (behind) lowest = &member;
  }
  return *lowest;
}

FeedPlace StreamFeed::Lowest() const { return PlaceOf(LowestMember()); }

Offset StreamFeed::LowestLetters() const { return LowestMember().letters; }

Result<bool> StreamFeed::Step(const Dispatch& dispatch, const FeedPlace* until) {
  if (members_.empty()) return false;
  // Whatever was sent again below this number is known from here on.
  Seq sent_stable = OrderedReader::kNoBound;
  if (sent_.index != nullptr) {
    sent_stable = log_.StableBelow(sent_.dead_letters);
    TR_RETURN_IF_ERROR(sent_.index->Refresh());
  }
  const FeedPlace lowest = Lowest();
  std::vector<Member*> group;
  std::optional<FeedPlace> next;
  if (until != nullptr) next = *until;
  for (Member& member : members_) {
    FeedPlace place = PlaceOf(member);
    if (place == lowest) {
      group.push_back(&member);
    } else if (!next || !Covers(place, *next)) {
      next = std::move(place);
    }
  }
  const FeedPlace* bound = next ? &*next : nullptr;
  TR_TRY(const bool fed, StepRecords(group, dispatch, bound, sent_stable));
  if (fed || sent_.index == nullptr) return fed;
  return StepSent(group, dispatch, bound, sent_stable);
}

// Records of the stream, up to the next one that was sent again.
Result<bool> StreamFeed::StepRecords(const std::vector<Member*>& group, const Dispatch& dispatch, const FeedPlace* until, Seq below) {
  const Positions& lowest = group.front()->positions;
  if (sent_.index != nullptr) {
    const auto sent = sent_.index->NextRedrive(group.front()->letters);
    if (sent && sent->seq < below) below = sent->seq;
  }
  if (reader_ == nullptr || reader_->positions() != lowest) reader_ = std::make_unique<OrderedReader>(log_, id_, lowest);
  auto run = reader_->Next({limits_.batch_rows_max, limits_.batch_bytes_max}, until == nullptr ? nullptr : &until->records, below);
  if (!run) {
    reader_.reset();  // it may have taken records that nobody got
    return Fail(run.error());
  }
  if (run->records.empty()) return false;
  const Positions after = run->after;
  TR_TRY(const auto batch, Decode(std::move(*run)));
  std::vector<Materialization> takers;
  for (const Member* member : group) takers.push_back(member->materialization);
  TR_RETURN_IF_ERROR(dispatch(batch, takers));
  for (Member* member : group) member->positions = after;
  return true;
}

// Records that were sent again and come before the next record of the stream.
Result<bool> StreamFeed::StepSent(const std::vector<Member*>& group, const Dispatch& dispatch, const FeedPlace* until, Seq sent_stable) {
  const Offset from = group.front()->letters;
  const auto first = sent_.index->NextRedrive(from);
  if (!first) return false;
  const bool at_bound = until != nullptr && Covers(group.front()->positions, until->records);
  const int64_t here = sent_.index->RedrivesBelow(from);
  if (at_bound && here >= until->redrives) return false;
  TR_TRY(const Seq next_record, reader_->Peek());
  const Seq below = std::min(next_record, sent_stable);
  if (first->seq >= below) return false;
  const int64_t count_max = at_bound ? until->redrives - here : INT64_MAX;
  Offset after = from;
  TR_TRY(const auto sent, ReadSent(first->at, below, count_max, &after));
  for (Member* member : group) TR_RETURN_IF_ERROR(GiveSent(*member, sent, after, dispatch));
  return true;
}

Result<std::vector<OrderedRecord>> StreamFeed::ReadSent(Offset from, Seq below, int64_t count_max, Offset* after) {
  std::vector<OrderedRecord> found;
  const size_t rows_max = std::min(limits_.batch_rows_max, static_cast<size_t>(count_max));
  size_t bytes = 0;
  auto place = sent_.index->NextRedrive(from);
  while (place && place->seq < below && found.size() < rows_max && bytes < limits_.batch_bytes_max) {
    TR_TRY(const auto batches, log_.Read(sent_.dead_letters, PartitionId{0}, place->at, limits_.batch_bytes_max));
    if (batches.empty()) break;
    for (const LogBatch& batch : batches) {
      for (const LogRecord& record : batch.records) {
        if (!place || record.offset != place->at || place->seq >= below || found.size() >= rows_max) continue;
        TR_TRY(LetterEntry entry, ParseLetterEntry(record.value, record.offset));
        auto sent = std::make_shared<SentRecord>(SentRecord{record.offset, std::move(entry), {}});
        const DeadLetter& letter = sent->entry.letter;
        sent->text = letter.raw;
        sent->text.resize(letter.raw.size() + RecordDecoder::kPadding);
        const std::string_view text = std::string_view(sent->text).substr(0, letter.raw.size());
        bytes += text.size();
        found.push_back({*letter.partition, letter.ingested_at_ms, {letter.offset, letter.seq, std::nullopt, text}, std::move(sent)});
        *after = record.offset.Plus(1);
        place = sent_.index->NextRedrive(*after);
      }
    }
  }
  return found;
}

Status StreamFeed::GiveSent(Member& member, const std::vector<OrderedRecord>& sent, Offset after, const Dispatch& dispatch) {
  TR_TRY(const auto chosen, sent_.choose(member.materialization, sent));
  RecordRun run;
  run.before = member.positions;
  run.after = member.positions;
  for (size_t i = 0; i < sent.size(); ++i) {
    if (!chosen[i]) continue;
    run.records.push_back(sent[i]);
    run.bytes += sent[i].record.value.size();
  }
  if (!run.records.empty()) {
    TR_TRY(const auto batch, Decode(std::move(run)));
    batch->letters = after;
    TR_RETURN_IF_ERROR(dispatch(batch, {member.materialization}));
  }
  member.letters = after;
  return {};
}

Result<std::shared_ptr<DecodedBatch>> StreamFeed::Decode(RecordRun run) {
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
