// The writer thread of Partition.
#include <utility>

#include "base/crash_point.h"
#include "log/marks.h"
#include "log/partition.h"
#include "log/snapshot.h"

namespace tailrace::log {
namespace {

constexpr size_t kKeptBufferBytes = size_t{2} << 20;  // a buffer that grew beyond this is given back after its batch

}  // namespace

void Partition::WriteLoop() {
  while (std::unique_ptr<PendingBatch> batch = NextBatch()) {
    const Result<Committed> outcome = Commit(*batch);
    budget_.Give(batch->admitted_bytes());
    // Taken before anyone is told: who is told and tries again is not behind the failure any more.
    const std::deque<std::unique_ptr<PendingBatch>> behind = outcome ? decltype(pending_)() : TakeQueued();
    Tell(*batch, outcome);
    for (const std::unique_ptr<PendingBatch>& failed : behind) {
      budget_.Give(failed->admitted_bytes());
      Tell(*failed, outcome);
    }
    if (batch->records() > 0) changed_();
    Recycle(std::move(batch));
  }
  if (unrecorded_fence_) RecordFence();
  bool sound = false;
  {
    const std::lock_guard lock(mutex_);
    sound = !fenced_;
  }
  if (!sound) return;
  // Everything acknowledged is synced already; what fails here only costs the next start some work.
  const Status closed = store_.Close();
  static_cast<void>(closed.has_value());
}

std::unique_ptr<PendingBatch> Partition::NextBatch() {
  std::unique_lock lock(mutex_);
  while (pending_.empty()) {
    if (stopping_) return nullptr;
    writer_waits_ = true;
    if (!unrecorded_fence_) {
      work_.wait(lock);
    } else if (work_.wait_for(lock, options_.fence_retry) == std::cv_status::timeout) {
      lock.unlock();
      RecordFence();
      lock.lock();
    }
    writer_waits_ = false;
  }
  std::unique_ptr<PendingBatch> batch = std::move(pending_.front());
  pending_.pop_front();
  return batch;
}

std::deque<std::unique_ptr<PendingBatch>> Partition::TakeQueued() {
  const std::lock_guard lock(mutex_);
  return std::exchange(pending_, {});
}

void Partition::Recycle(std::unique_ptr<PendingBatch> batch) {
  batch->Reset(kKeptBufferBytes);
  const std::lock_guard lock(mutex_);
  if (spare_ == nullptr) spare_ = std::move(batch);
}

Result<Partition::Committed> Partition::Commit(PendingBatch& batch) {
  {
    const std::lock_guard lock(mutex_);
    if (fenced_) return Fail(*fenced_);
  }
  if (batch.records() > 0) return CommitRecords(batch);
  if (batch.marks_only()) return CommitMarks(batch);
  return Committed{};
}

Result<Partition::Committed> Partition::CommitRecords(PendingBatch& batch) {
  if (const Status room = MakeRoom(static_cast<int64_t>(batch.bytes())); !room) {
    // Nothing was written and no number taken: when there is space again, the next batch goes on here.
    if (room.error().code() == ErrorCode::kExhausted) return Fail(room.error());
    return Fail(StopAt(room.error()));
  }
  BatchHeader header;
  header.base_offset = store_.end().value;
  const Sequencer::Ticket ticket = sequencer_.Take(slot_, batch.records(), clock_.Now().millis());
  header.base_timestamp_ms = header.max_timestamp_ms = ticket.timestamp_ms;
  const bool is_large = static_cast<int64_t>(batch.bytes()) >= options_.compressed_batch_bytes_min;
  const auto bytes = batch.Seal(header, ticket.first, is_large ? options_.compression : Compression::kNone, &packed_);
  Status written = bytes ? store_.Write(*bytes) : Status(Fail(bytes.error()));
  if (!bytes || (!written && written.error().code() == ErrorCode::kExhausted)) {
    sequencer_.Done(slot_);
    return Fail(written.error());
  }
  TR_CRASH_POINT("log.batch_written");
  if (written) written = store_.Sync();
  TR_CRASH_POINT("log.batch_synced");
  if (!written) return Fail(StopAt(written.error()));

  const Committed committed{header.base_offset, ticket.first, ticket.timestamp_ms};
  Publish(DecodeBatchHeader(bytes->data()), batch, committed);
  sequencer_.Done(slot_);
  return committed;
}

Result<Partition::Committed> Partition::CommitMarks(const PendingBatch& batch) {
  const int64_t end = store_.end().value;
  SourcePositions marks = marks_;
  for (const PendingBatch::Placed& placed : batch.placed()) marks.Put({placed.position, end});
  TR_RETURN_IF_ERROR(WriteMarks(files_, directory_, marks));
  TR_CRASH_POINT("log.marks_written");
  marks_ = std::move(marks);
  const std::lock_guard lock(mutex_);
  for (const PendingBatch::Placed& placed : batch.placed()) positions_.Put({placed.position, end});
  return Committed{end, Seq{0}, newest_ms_};
}

Status Partition::MakeRoom(int64_t bytes) {
  if (store_.NeedsSegment(bytes)) {
    TR_RETURN_IF_ERROR(store_.SealSegment());
    TR_CRASH_POINT("log.segment_sealed");
    TR_RETURN_IF_ERROR(WriteSnapshotOf(store_.end().value));
    TR_CRASH_POINT("log.snapshot_written");
    TR_RETURN_IF_ERROR(store_.StartSegment());
    TR_CRASH_POINT("log.segment_started");
    segment_keys_ = 0;
    marks_.clear();
  }
  return store_.MakeRoom(bytes);
}

Status Partition::WriteSnapshotOf(int64_t base_offset) {
  if (base_offset == 0) return {};
  Snapshot snapshot{base_offset, sequencer_.next().value, newest_ms_, {}, {}};
  {
    const std::lock_guard lock(mutex_);
    snapshot.positions = positions_;
    snapshot.origins = origins_;
    snapshot.keys = window_.Newest(segment_keys_);
  }
  return WriteSnapshot(files_, directory_, snapshot);
}

void Partition::Publish(const BatchHeader& header, const PendingBatch& batch, const Committed& committed) {
  newest_ms_ = committed.timestamp_ms;
  const std::lock_guard lock(mutex_);
  store_.Publish(header, static_cast<int64_t>(batch.bytes()));
  for (const OriginCount& origin : batch.origins()) AddTo(&origins_, origin.name, origin.records);
  for (const PendingBatch::Keyed& keyed : batch.keyed()) {
    const KeyRecord record{keyed.hash,
                           keyed.digest,
                           Offset{committed.base_offset + keyed.first},
                           committed.first_seq.Plus(keyed.first),
                           keyed.records,
                           committed.timestamp_ms};
    window_.Confirm(record);
    ++segment_keys_;
  }
  for (const PendingBatch::Placed& placed : batch.placed()) {
    positions_.Put({placed.position, committed.base_offset + placed.record});
  }
}

void Partition::Tell(const PendingBatch& batch, const Result<Committed>& outcome) {
  if (!outcome && !batch.keyed().empty()) {
    const std::lock_guard lock(mutex_);
    for (const PendingBatch::Keyed& keyed : batch.keyed()) window_.Forget(keyed.hash);
  }
  if (outcome) {
    for (const PendingBatch::Waiting& waiting : batch.waiting()) {
      waiting.waiter->OnAppended(
          Appended{Offset{outcome->base_offset + waiting.first}, outcome->first_seq.Plus(waiting.first)});
    }
  } else {
    const Result<Appended> failed = Fail(outcome.error());
    for (const PendingBatch::Waiting& waiting : batch.waiting()) waiting.waiter->OnAppended(failed);
  }
  for (const PendingBatch::Repeated& repeated : batch.repeated()) TellRepeated(repeated);
}

void Partition::TellRepeated(const PendingBatch::Repeated& repeated) {
  std::optional<IdempotencyWindow::Known> known;
  {
    const std::lock_guard lock(mutex_);
    known = window_.Find(repeated.hash, 0);
  }
  if (known && known->synced) {
    repeated.waiter->OnAppended(Appended{known->record.first, known->record.first_seq, true});
  } else {
    repeated.waiter->OnAppended(Fail(Error::Unavailable("the first append with this idempotency key failed")));
  }
}

Error Partition::StopAt(const Error& cause) {
  const SyncedPosition tail = store_.tail();
  unrecorded_fence_ = Fence{tail.segment, tail.bytes, tail.end, sequencer_.next().value};
  Error fenced = Error::Unavailable(directory_ + " takes no more records: " + cause.message());
  {
    const std::lock_guard lock(mutex_);
    refusal_ = fenced_ = fenced;
  }
  RecordFence();
  return fenced;
}

void Partition::RecordFence() {
  // Until it is recorded, readers of the stream wait: after a restart the records beyond might come back.
  if (!WriteFence(files_, directory_, *unrecorded_fence_)) return;
  unrecorded_fence_.reset();
  sequencer_.Done(slot_);
  changed_();
}

}  // namespace tailrace::log
