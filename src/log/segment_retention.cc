// Retention of SegmentStore: whole sealed segments go, the oldest first, and one may come back as an empty one.
#include "base/crash_point.h"
#include "log/file_names.h"
#include "log/segment_store.h"
#include "log/snapshot.h"

namespace tailrace::log {

Result<bool> SegmentStore::MayGo(const SegmentInfo& oldest, const RetentionPolicy& policy) {
  if (policy.bytes_max > 0 && bytes() > policy.bytes_max) return true;
  if (policy.older_than_ms == 0) return false;
  TR_TRY(const int64_t newest_ms, NewestMsOf(Offset{oldest.base}));
  return newest_ms < policy.older_than_ms;
}

Status SegmentStore::Retain(const RetentionPolicy& policy, Offset low_water) {
  while (true) {
    SegmentInfo oldest;
    {
      const std::lock_guard lock(mutex_);
      // The last one is being written to.
      if (segments_.size() < 2 || segments_[1].base > low_water.value) return {};
      oldest = segments_.front();
    }
    TR_TRY(const bool may_go, MayGo(oldest, policy));
    if (!may_go) return {};
    {
      const std::lock_guard lock(mutex_);
      segments_.erase(segments_.begin());
      std::erase_if(open_, [&](const OpenSegment& open) { return open.info.base == oldest.base; });
    }
    TR_RETURN_IF_ERROR(Discard(oldest.base));
  }
}

Status SegmentStore::Discard(int64_t base) {
  const std::string path = PathOf(base, kSegmentSuffix);
  bool recycle = false;
  {
    const std::lock_guard lock(mutex_);
    recycle = recycled_ < options_.recycled_segments_max;
  }
  if (recycle) {
    TR_RETURN_IF_ERROR(Recycle(path, base));
  } else {
    TR_RETURN_IF_ERROR(files_.Remove(path));
  }
  TR_CRASH_POINT("log.segment_dropped");
  for (const std::string_view suffix : {kOffsetIndexSuffix, kTimeIndexSuffix}) {
    const Status removed = files_.Remove(PathOf(base, suffix));
    if (!removed && removed.error().code() != ErrorCode::kNotFound) return removed;
  }
  // After each one, so that a power cut never brings back an older segment without the ones after it.
  return files_.SyncDirectory(directory_);
}

Status SegmentStore::Recycle(const std::string& from, int64_t base) {
  const std::string zeroing = PathOf(base, kZeroingSuffix);
  TR_RETURN_IF_ERROR(files_.Rename(from, zeroing));
  TR_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
  TR_CRASH_POINT("log.segment_set_aside");
  {
    TR_TRY(const auto file, files_.Open(zeroing, OpenMode::kWrite));
    Status zeroed = file->Zero(0, options_.segment_bytes);
    if (zeroed) zeroed = file->Truncate(options_.segment_bytes);
    if (zeroed) zeroed = file->Sync();
    // On a full disk its space is worth more than its zeros.
    if (!zeroed) return files_.Remove(zeroing);
  }
  TR_CRASH_POINT("log.segment_zeroed");
  TR_RETURN_IF_ERROR(files_.Rename(zeroing, PathOf(base, kRecycledSuffix)));
  const std::lock_guard lock(mutex_);
  ++recycled_;
  return {};
}

Status SegmentStore::DropSnapshots(int64_t keys_older_than_ms) {
  const int64_t oldest = begin().value;
  TR_TRY(const auto names, files_.List(directory_));
  for (const std::string& name : names) {
    const auto base = NumberOf(name, kSnapshotSuffix);
    if (!base || *base >= oldest) continue;
    // A later snapshot holds the positions; only its share of the idempotency keys is still of use.
    const auto snapshot = ReadSnapshot(files_, directory_, *base);
    if (!snapshot && snapshot.error().code() == ErrorCode::kCorruption) continue;  // to be named at the next start
    if (!snapshot) return Fail(snapshot.error());
    if (!snapshot->keys.empty() && snapshot->newest_ms >= keys_older_than_ms) continue;
    TR_RETURN_IF_ERROR(files_.Remove(directory_ + "/" + name));
  }
  return {};
}

}  // namespace tailrace::log
