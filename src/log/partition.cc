#include "log/partition.h"

#include <system_error>
#include <utility>

namespace tailrace::log {
namespace {

Status CheckRequest(const AppendRequest& request, size_t bytes) {
  if (request.records.empty() && request.position == nullptr)
    return Fail(Error::Invalid("an append needs a record or a position"));
  if (request.records.empty() && !request.idempotency_key.empty()) {
    return Fail(Error::Invalid("an idempotency key needs a record to ride with"));
  }
  if (bytes > static_cast<size_t>(kRequestBytesMax)) {
    return Fail(Error::Invalid("an append of " + std::to_string(bytes) + " bytes; at most " +
                               std::to_string(kRequestBytesMax) + " fit"));
  }
  return {};
}

}  // namespace

bool InFlightBudget::TryTake(size_t bytes) {
  const auto size = static_cast<int64_t>(bytes);
  const int64_t before = bytes_.fetch_add(size, std::memory_order_relaxed);
  if (before == 0 || before + size <= bytes_max_) return true;
  Give(bytes);
  return false;
}

Partition::Partition(const PartitionContext& context, std::string directory, PartitionId id, Sequencer::Slot slot,
                     RecoveredPartition recovered, std::function<void()> changed)
    : files_(context.files),
      clock_(context.clock),
      options_(context.options),
      sequencer_(context.sequencer),
      budget_(context.budget),
      directory_(std::move(directory)),
      id_(id),
      slot_(slot),
      changed_(std::move(changed)),
      store_(files_, directory_, options_, std::move(recovered.segments)),
      marks_(std::move(recovered.marks)),
      segment_keys_(std::ssize(recovered.segment_keys)),
      newest_ms_(recovered.newest_ms),
      refusal_(recovered.damage),
      fenced_(recovered.damage),
      window_(options_.idempotency_keys_max, options_.idempotency_age_max),
      positions_(std::move(recovered.positions)),
      origins_(std::move(recovered.origins)),
      origins_begin_(store_.begin()),
      origins_gone_(std::move(recovered.origins_gone)) {
  for (const KeyRecord& record : recovered.older_keys) window_.Confirm(record);
  for (const KeyRecord& record : recovered.segment_keys) window_.Confirm(record);
}

Partition::~Partition() { Stop(); }

Status Partition::Append(const AppendRequest& request, AppendWaiter* waiter) {
  const size_t bytes = PendingBatch::BytesMax(request);
  TR_RETURN_IF_ERROR(CheckRequest(request, bytes));
  if (!budget_.TryTake(bytes)) return Fail(Error::Exhausted("too many bytes are on their way to the disk"));
  const KeyHash hash = request.idempotency_key.empty() ? KeyHash() : HashKey(request.idempotency_key);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const Status admitted = Admit(request, hash, bytes, waiter);
    if (!admitted) {
      budget_.Give(bytes);
      return admitted;
    }
    wake = std::exchange(writer_waits_, false);
  }
  if (wake) work_.notify_one();
  return {};
}

Status Partition::Admit(const AppendRequest& request, const KeyHash& hash, size_t bytes, AppendWaiter* waiter) {
  if (refusal_) return Fail(*refusal_);
  TR_RETURN_IF_ERROR(StartWriter());
  const bool mark = request.records.empty();
  PendingBatch& batch = BatchFor(bytes, mark);
  batch.AddAdmitted(bytes);
  if (mark) {
    batch.AddMark(*request.position, waiter);
    return {};
  }
  if (!request.idempotency_key.empty()) {
    if (const auto known = window_.Find(hash, clock_.Now().millis())) {
      if (known->record.digest == request.idempotency_digest) {
        batch.AddRepeated(waiter, hash);
        AddTo(&repeated_, request.origin != nullptr ? request.origin->name : "", std::ssize(request.records));
        return {};
      }
      batch.RemoveAdmitted(bytes);
      return Fail(Error::Conflict("the idempotency key was used for another request"));
    }
    window_.Begin(hash, request.idempotency_digest);
  }
  batch.Add(request, hash, waiter);
  return {};
}

PendingBatch& Partition::BatchFor(size_t bytes, bool mark) {
  if (!pending_.empty()) {
    PendingBatch& last = *pending_.back();
    const bool fits = last.records() == 0 || last.bytes() + bytes <= static_cast<size_t>(options_.batch_bytes_max);
    const bool same_kind = mark ? last.records() == 0 : !last.marks_only();
    if (fits && same_kind) return last;
  }
  pending_.push_back(spare_ != nullptr ? std::move(spare_) : std::make_unique<PendingBatch>());
  return *pending_.back();
}

Status Partition::StartWriter() {
  if (writer_.joinable()) return {};
  try {
    writer_ = std::thread([this] { WriteLoop(); });
  } catch (const std::system_error& error) {
    return Fail(Error::Exhausted(std::string("no thread for a partition: ") + error.what()));
  }
  return {};
}

PartitionStatus Partition::status() const {
  const std::lock_guard lock(mutex_);
  PartitionStatus status{store_.begin(), store_.end(), store_.bytes(), std::nullopt, origins_, repeated_, std::nullopt};
  if (status.begin == origins_begin_) status.origins_gone = origins_gone_;
  status.fenced = fenced_;
  return status;
}

std::optional<SourcePosition> Partition::PositionOf(std::string_view source, std::string_view item) const {
  const std::lock_guard lock(mutex_);
  return positions_.Find(source, item);
}

Status Partition::Retain(const RetentionPolicy& policy, Offset low_water) {
  const Offset before = store_.begin();
  const Status retained = store_.Retain(policy, low_water);
  if (store_.begin() != before) {
    auto gone = OriginsBefore(files_, directory_, store_.begin());
    const std::lock_guard lock(mutex_);
    origins_begin_ = store_.begin();
    origins_gone_ = std::move(gone);
  }
  TR_RETURN_IF_ERROR(retained);
  return store_.DropSnapshots(clock_.Now().millis() - options_.idempotency_age_max.count());
}

void Partition::Stop() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopping_, true)) return;
    if (!refusal_) refusal_ = Error::Unavailable("the log is stopping");
  }
  work_.notify_one();
  if (writer_.joinable()) writer_.join();
}

}  // namespace tailrace::log
