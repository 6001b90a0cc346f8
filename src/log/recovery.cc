#include "log/recovery.h"

#include <algorithm>

#include "log/batch_knowledge.h"
#include "log/batch_scanner.h"
#include "log/fence.h"
#include "log/file_names.h"
#include "log/marks.h"
#include "log/segment_end.h"
#include "log/snapshot.h"

namespace tailrace::log {
namespace {

class Recovery {
 public:
  Recovery(FileSystem& files, const std::string& directory, const LogOptions& options, int64_t now_ms)
      : files_(files), directory_(directory), options_(options), now_ms_(now_ms) {}

  Result<RecoveredPartition> Run() {
    TR_RETURN_IF_ERROR(CutAtFence());
    TR_RETURN_IF_ERROR(ListFiles());
    // Names that a process left without syncing them when it was killed must not be built upon before they are durable.
    TR_RETURN_IF_ERROR(files_.SyncDirectory(directory_));
    TR_TRY(synced_, SyncedFile::Read(files_, directory_));
    if (!found_.segments.segments.empty()) {
      TR_TRY(const size_t first, LoadSnapshot());
      TR_RETURN_IF_ERROR(LoadOlderKeys());
      for (size_t i = first; i < found_.segments.segments.size(); ++i) TR_RETURN_IF_ERROR(ReadSegment(i));
    }
    found_.positions = std::move(known_.positions);
    found_.origins = std::move(known_.origins);
    found_.origins_gone = OriginsBefore(files_, directory_, Begin());
    found_.segment_keys = std::move(known_.keys);
    found_.next_seq = known_.next_seq;
    found_.newest_ms = known_.newest_ms;
    CheckNothingIsMissing();
    TR_RETURN_IF_ERROR(LoadMarks());
    return std::move(found_);
  }

 private:
  using Outcome = BatchScanner::Outcome;

  Offset Begin() const { return Offset{found_.segments.segments.empty() ? 0 : found_.segments.segments.front().base}; }

  Status CutAtFence() {
    const auto fence = ReadFence(files_, directory_);
    if (!fence && fence.error().code() != ErrorCode::kCorruption) return Fail(fence.error());
    if (!fence) {
      NoteDamage(fence.error());
      return {};
    }
    if (!*fence) return {};
    TR_RETURN_IF_ERROR(ApplyFence(files_, directory_, **fence));
    known_.next_seq = std::max(known_.next_seq, (*fence)->next_seq);
    return {};
  }

  Status ListFiles() {
    TR_TRY(const auto names, files_.List(directory_));
    for (const std::string& name : names) {
      const std::string path = directory_ + "/" + name;
      if (name.ends_with(kTemporarySuffix) || NumberOf(name, kZeroingSuffix)) {
        TR_RETURN_IF_ERROR(files_.Remove(path));
      } else if (const auto base = NumberOf(name, kSegmentSuffix)) {
        TR_TRY(const FileInfo info, files_.Stat(path));
        found_.segments.segments.push_back({*base, info.bytes});
      } else if (const auto snapshot = NumberOf(name, kSnapshotSuffix)) {
        snapshots_.push_back(*snapshot);
      } else if (NumberOf(name, kRecycledSuffix)) {
        ++found_.segments.recycled;
      }
    }
    return {};
  }

  // Index of the first segment to be read: the one that the newest good snapshot precedes.
  Result<size_t> LoadSnapshot() {
    const auto& segments = found_.segments.segments;
    for (size_t i = segments.size(); i-- > 0;) {
      if (segments[i].base == 0) return i;
      auto snapshot = ReadSnapshot(files_, directory_, segments[i].base);
      if (snapshot) {
        known_.positions = std::move(snapshot->positions);
        known_.origins = std::move(snapshot->origins);
        known_.next_seq = std::max(known_.next_seq, snapshot->next_seq);
        known_.newest_ms = snapshot->newest_ms;
        snapshot_base_ = segments[i].base;
        return i;
      }
      if (snapshot.error().code() != ErrorCode::kCorruption && snapshot.error().code() != ErrorCode::kNotFound)
        return Fail(snapshot.error());
      last_snapshot_error_ = snapshot.error();
    }
    NoteDamage(*last_snapshot_error_);
    AddTo(&known_.origins, "", segments.front().base);
    return size_t{0};
  }

  // Backwards until the window is full or too old.
  Status LoadOlderKeys() {
    std::sort(snapshots_.begin(), snapshots_.end());
    std::vector<std::vector<KeyRecord>> parts;
    int64_t count = 0;
    for (size_t i = snapshots_.size(); i-- > 0;) {
      if (snapshots_[i] > snapshot_base_) continue;
      auto snapshot = ReadSnapshot(files_, directory_, snapshots_[i]);
      if (!snapshot && snapshot.error().code() == ErrorCode::kCorruption) {
        // What it held of the window cannot be told from keys that never came.
        NoteDamage(snapshot.error());
        break;
      }
      if (!snapshot) return Fail(snapshot.error());
      count += std::ssize(snapshot->keys);
      const bool old = snapshot->newest_ms < now_ms_ - options_.idempotency_age_max.count();
      parts.push_back(std::move(snapshot->keys));
      if (old || count >= options_.idempotency_keys_max) break;
    }
    for (size_t i = parts.size(); i-- > 0;) {
      for (const KeyRecord& record : parts[i]) {
        // An attempt to begin a segment that failed may have left a snapshot that the next one repeats.
        const bool repeated = !found_.older_keys.empty() && record.first <= found_.older_keys.back().first;
        if (!repeated) found_.older_keys.push_back(record);
      }
    }
    return {};
  }

  Status ReadSegment(size_t index) {
    auto& segments = found_.segments.segments;
    SegmentInfo& segment = segments[index];
    const bool last = index + 1 == segments.size();
    const std::string path = NumberedPath(directory_, segment.base, kSegmentSuffix);
    TR_TRY(const auto file, files_.Open(path, last ? OpenMode::kWrite : OpenMode::kRead));
    found_.older_keys.insert(found_.older_keys.end(), known_.keys.begin(), known_.keys.end());
    known_.keys.clear();
    found_.segments.last_index = SegmentIndex(segment.base);
    BatchScanner scanner(*file, 0, segment.bytes, segment.base);
    while (true) {
      TR_TRY(const Outcome outcome, scanner.Next());
      if (outcome == Outcome::kBatch) {
        TakeBatch(path, scanner);
        continue;
      }
      TR_TRY(const bool torn, EndsHere(scanner, outcome, segment.bytes, last, synced_));
      if (torn) break;
      NoteDamage(Error::Corruption(path + ": byte " + std::to_string(scanner.position()) + ": " +
                                   (outcome == Outcome::kEnd ? "zeros where a batch was" : scanner.problem())));
      TR_TRY(const bool more, scanner.SkipDamage());
      if (!more) {
        found_.segments.end =
            last && synced_ ? std::max(scanner.expected_offset(), synced_->end) : scanner.expected_offset();
        return {};
      }
    }
    found_.segments.end = scanner.expected_offset();
    if (!last) return CheckJoin(path, scanner.expected_offset(), segments[index + 1].base);
    return CutTail(*file, segment, scanner.position());
  }

  Status CheckJoin(const std::string& path, int64_t end, int64_t next_base) {
    if (end != next_base) {
      NoteDamage(Error::Corruption(path + ": ends at offset " + std::to_string(end) +
                                   " but the next segment begins at " + std::to_string(next_base)));
    }
    return {};
  }

  // Also when only zeros follow: behind them may be sectors of a torn write. A damaged partition is left as it is.
  // Synced in any case: a process that was killed may have left its last batch in the kernel's memory alone, and
  // whoever reads it from here on counts on it.
  Status CutTail(File& file, SegmentInfo& segment, int64_t bytes) {
    const bool cut = segment.bytes > bytes && !found_.damage;
    segment.bytes = bytes;
    if (cut) TR_RETURN_IF_ERROR(file.Truncate(bytes));
    return file.Sync();
  }

  void TakeBatch(const std::string& path, const BatchScanner& scanner) {
    const BatchHeader& header = scanner.header();
    found_.segments.last_index.Note(header.end_offset() - 1, scanner.position(), header.total_bytes(),
                                    header.base_timestamp_ms);
    if (const Status taken = known_.Take(header, scanner.bytes().substr(kBatchHeaderBytes)); !taken) {
      NoteDamage(taken.error().With(path + ": byte " + std::to_string(scanner.position())));
    }
  }

  Status LoadMarks() {
    auto marks = ReadMarks(files_, directory_);
    if (!marks && marks.error().code() != ErrorCode::kCorruption) return Fail(marks.error());
    if (!marks) {
      NoteDamage(marks.error());
    } else {
      found_.positions.Merge(*marks);
      found_.marks = std::move(*marks);
    }
    return {};
  }

  void CheckNothingIsMissing() {
    if (!synced_ || found_.segments.end >= synced_->end) return;
    NoteDamage(Error::Corruption(directory_ + ": ends at offset " + std::to_string(found_.segments.end) +
                                 " but was synced up to " + std::to_string(synced_->end)));
  }

  void NoteDamage(const Error& error) {
    if (found_.damage) return;
    found_.damage = Error::Corruption(error.message() + "; `tailrace log repair` takes out what is damaged, keeps it " +
                                      "aside and names what is lost");
  }

  FileSystem& files_;
  const std::string& directory_;
  const LogOptions& options_;
  const int64_t now_ms_;
  RecoveredPartition found_;
  BatchKnowledge known_;
  std::optional<SyncedPosition> synced_;
  std::vector<int64_t> snapshots_;
  int64_t snapshot_base_ = 0;
  std::optional<Error> last_snapshot_error_;
};

}  // namespace

std::optional<std::vector<OriginCount>> OriginsBefore(FileSystem& files, const std::string& directory, Offset begin) {
  if (begin.value == 0) return std::vector<OriginCount>();
  auto snapshot = ReadSnapshot(files, directory, begin.value);
  if (!snapshot) return std::nullopt;
  return std::move(snapshot->origins);
}

Result<RecoveredPartition> RecoverPartition(FileSystem& files, const std::string& directory, const LogOptions& options,
                                            int64_t now_ms) {
  return Recovery(files, directory, options, now_ms).Run();
}

}  // namespace tailrace::log
