#include "log/segment_store.h"

#include <algorithm>
#include <utility>

#include "base/crash_point.h"
#include "log/batch_scanner.h"
#include "log/file_names.h"
#include "log/segment_index_files.h"

namespace tailrace::log {
namespace {

constexpr int64_t kBlockBytes = 4096;
// Zeros for sixteen batches like the one that needs them: small enough that the sync which carries them is hardly
// slower than the others, and one in sixteen records new blocks.
constexpr int64_t kZeroStepBatches = 16;
constexpr int64_t kZeroStepBytesMin = int64_t{64} << 10;

// What cannot be undone or known is not a full disk, whatever the system calls it.
Status Fatal(Status status) {
  if (!status && status.error().code() == ErrorCode::kExhausted)
    return Fail(Error::Unavailable(status.error().message()));
  return status;
}

int64_t RoundUp(int64_t bytes) { return (bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes; }

}  // namespace

SegmentStore::SegmentStore(FileSystem& files, std::string directory, const LogOptions& options,
                           RecoveredSegments recovered)
    : files_(files),
      directory_(std::move(directory)),
      options_(options),
      segments_(std::move(recovered.segments)),
      active_index_(std::move(recovered.last_index)),
      end_(recovered.end),
      recycled_(recovered.recycled) {
  if (!segments_.empty()) zeroed_to_ = segments_.back().bytes;
}

std::string SegmentStore::PathOf(int64_t base, std::string_view suffix) const {
  return NumberedPath(directory_, base, suffix);
}

SyncedPosition SegmentStore::tail() const {
  const std::lock_guard lock(mutex_);
  if (segments_.empty()) return {end_, 0, end_};
  return {segments_.back().base, segments_.back().bytes, end_};
}

Offset SegmentStore::begin() const {
  const std::lock_guard lock(mutex_);
  return Offset{segments_.empty() ? end_ : segments_.front().base};
}

Offset SegmentStore::end() const {
  const std::lock_guard lock(mutex_);
  return Offset{end_};
}

int64_t SegmentStore::bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t sum = 0;
  for (const SegmentInfo& segment : segments_) sum += segment.bytes;
  return sum;
}

bool SegmentStore::NeedsSegment(int64_t bytes) const {
  if (starting_) return true;
  const std::lock_guard lock(mutex_);
  if (segments_.empty()) return true;
  const int64_t used = std::max(segments_.back().bytes, unpacked_);
  return used > 0 && used + bytes > options_.segment_bytes;
}

Status SegmentStore::OpenLast() {
  if (active_ != nullptr) return {};
  if (synced_ == nullptr) {
    TR_TRY(synced_, SyncedFile::Open(files_, directory_));
  }
  TR_TRY(active_, files_.Open(PathOf(tail().segment, kSegmentSuffix), OpenMode::kWrite));
  return {};
}

Status SegmentStore::SealSegment() {
  const SyncedPosition at = tail();
  if (at.bytes == 0) return {};
  TR_RETURN_IF_ERROR(OpenLast());
  TR_RETURN_IF_ERROR(Fatal(active_->Truncate(at.bytes)));
  zeroed_to_ = at.bytes;
  TR_RETURN_IF_ERROR(Sync());
  TR_CRASH_POINT("log.segment_cut");
  return WriteIndexes(active_index_, at.segment);
}

Status SegmentStore::WriteIndexes(const SegmentIndex& index, int64_t base) const {
  return WriteIndexFiles(files_, directory_, base, index);
}

bool SegmentStore::TakeRecycled(const std::string& path) {
  const auto names = files_.List(directory_);
  if (!names) return false;
  for (const std::string& name : *names) {
    if (!NumberOf(name, kRecycledSuffix)) continue;
    if (!files_.Rename(directory_ + "/" + name, path)) return false;
    const std::lock_guard lock(mutex_);
    recycled_ = std::max(0, recycled_ - 1);
    return true;
  }
  return false;
}

Status SegmentStore::StartSegment() {
  const int64_t base = end().value;
  const std::string path = PathOf(base, kSegmentSuffix);
  starting_ = true;
  bool recycled = false;
  {
    const std::lock_guard lock(mutex_);
    recycled = recycled_ > 0;
  }
  if (recycled) recycled = TakeRecycled(path);
  TR_TRY(std::shared_ptr<File> file, files_.Open(path, OpenMode::kCreate));
  // A file of this name that a failed attempt left has no batch in it.
  if (!recycled) TR_RETURN_IF_ERROR(file->Truncate(0));
  TR_TRY(const int64_t size, file->Size());
  if (synced_ == nullptr) {
    TR_TRY(synced_, SyncedFile::Open(files_, directory_));
  }
  TR_RETURN_IF_ERROR(Fatal(files_.SyncDirectory(directory_)));
  active_ = std::move(file);
  zeroed_to_ = size;
  unpacked_ = 0;
  positions_due_ = 0;
  starting_ = false;
  const std::lock_guard lock(mutex_);
  segments_.push_back({base, 0});
  active_index_ = SegmentIndex(base);
  active_reader_.reset();
  return {};
}

Status SegmentStore::MakeRoom(int64_t bytes) {
  TR_RETURN_IF_ERROR(OpenLast());
  const SyncedPosition at = tail();
  const int64_t needed = at.bytes + bytes;
  if (needed <= zeroed_to_) return {};
  // The next sync is a slow one anyway.
  if (at.bytes >= positions_due_) {
    TR_RETURN_IF_ERROR(SyncPositions());
    positions_due_ = at.bytes + options_.position_step_bytes;
  }
  if (bytes >= options_.zeroed_batch_bytes_max) return {};
  const int64_t least = RoundUp(needed);
  const int64_t step = std::min(options_.zero_step_bytes, std::max(kZeroStepBytesMin, kZeroStepBatches * bytes));
  const int64_t ahead = std::clamp(zeroed_to_ + step, least, std::max(least, options_.segment_bytes));
  Status zeroed = active_->Zero(zeroed_to_, ahead - zeroed_to_);
  if (zeroed) {
    TR_CRASH_POINT("log.zeroed_ahead");
    zeroed_to_ = ahead;
    return {};
  }
  // Nearly full: take only what this batch needs.
  if (zeroed.error().code() == ErrorCode::kExhausted && ahead > least) {
    zeroed = active_->Zero(zeroed_to_, least - zeroed_to_);
    if (zeroed) zeroed_to_ = least;
  }
  return zeroed;
}

Status SegmentStore::Write(std::string_view batch) {
  const int64_t position = tail().bytes;
  const Status written = active_->WriteAt(position, batch);
  if (written || written.error().code() != ErrorCode::kExhausted) return written;
  // A part of the batch may stand where the next, shorter one goes; it must not be found behind that one.
  TR_RETURN_IF_ERROR(Fatal(active_->Truncate(position)));
  zeroed_to_ = position;
  return written;
}

Status SegmentStore::Sync() { return Fatal(active_->Sync()); }

void SegmentStore::Publish(const BatchHeader& header, int64_t unpacked_bytes) {
  unpacked_ += unpacked_bytes;
  {
    const std::lock_guard lock(mutex_);
    SegmentInfo& last = segments_.back();
    active_index_.Note(header.end_offset() - 1, last.bytes, header.total_bytes(), header.base_timestamp_ms);
    last.bytes += header.total_bytes();
    end_ = header.end_offset();
    zeroed_to_ = std::max(zeroed_to_, last.bytes);
    if (active_reader_ == nullptr) active_reader_ = active_;
  }
  // Not having it recorded only leaves an older, lower bound.
  if (synced_->Record(tail())) synced_moved_ = true;
}

Status SegmentStore::SyncPositions() {
  if (!std::exchange(synced_moved_, false)) return {};
  return Fatal(synced_->Sync());
}

Status SegmentStore::Close() {
  if (active_ == nullptr) return {};
  const int64_t bytes = tail().bytes;
  if (zeroed_to_ > bytes) {
    TR_RETURN_IF_ERROR(active_->Truncate(bytes));
    zeroed_to_ = bytes;
    TR_RETURN_IF_ERROR(Sync());
  }
  return SyncPositions();
}

}  // namespace tailrace::log
