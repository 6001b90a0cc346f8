// The segments of one partition: what the writer adds to, what readers read, what retention takes away.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "log/options.h"
#include "log/segment_index.h"
#include "log/synced_file.h"
#include "ports/event_log.h"

namespace tailrace::log {

struct SegmentInfo {
  int64_t base = 0;
  int64_t bytes = 0;
};

// What a start found.
struct RecoveredSegments {
  std::vector<SegmentInfo> segments;  // ascending; the last is written to
  SegmentIndex last_index{0};
  int64_t end = 0;  // next offset
  int32_t recycled = 0;
};

// Threads:    NeedsSegment to Close: the writer. Retain and DropSnapshots: one thread at a time. The rest: any.
// Ownership:  borrows the file system.
// Durability: what Publish was told of has been synced; readers see no more than that.
class SegmentStore {
 public:
  // `name` is for messages and the start of every file's path in them.
  SegmentStore(FileSystem& files, std::string directory, const LogOptions& options, RecoveredSegments recovered);

  // Where the next batch goes.
  SyncedPosition tail() const;

  // A batch of this size, not compressed, begins a new segment (the size of one is what it holds as it came: retention goes by segments, and
  // shall not let go later of what compresses well): seal the old one, write the snapshot of tail().end, start the new one.
  bool NeedsSegment(int64_t bytes) const;
  // Cuts the segment to its length and writes its indexes.
  Status SealSegment();
  Status StartSegment();

  // Zeroes the place of the next `bytes` where that has not been done and is worth its while. kExhausted leaves
  // everything as it was.
  Status MakeRoom(int64_t bytes);
  // At the tail. After kExhausted the segment is as it was; after any other error nothing is known.
  Status Write(std::string_view batch);
  // Once it has failed it is not to be called again.
  Status Sync();
  void Publish(const BatchHeader& header, int64_t unpacked_bytes);
  // Cuts the zeros off the last segment and syncs the synced positions. The last call of the writer.
  Status Close();

  // As in EventLog.
  Result<std::vector<LogBatch>> Read(PartitionId partition, Offset from, size_t bytes_max);
  Result<Offset> OffsetOfTime(int64_t timestamp_ms);
  Offset begin() const;
  Offset end() const;
  int64_t bytes() const;

  // Deletes (or keeps for later use) the oldest sealed segments that the policy lets go and that end at or below
  // `low_water`.
  Status Retain(const RetentionPolicy& policy, Offset low_water);
  // Deletes the snapshots of deleted segments whose idempotency keys are all older.
  Status DropSnapshots(int64_t keys_older_than_ms);

 private:
  struct OpenSegment {
    SegmentInfo info;
    int64_t end_offset = 0;
    std::shared_ptr<File> file;
    std::shared_ptr<const SegmentIndex> index;  // null: there is none to be had
    int64_t start = 0;                          // where to begin looking
  };
  static constexpr size_t kOpenSegmentsMax = 4;

  std::string PathOf(int64_t base, std::string_view suffix) const;
  Result<OpenSegment> Find(Offset offset);
  Result<OpenSegment> OpenSealed(const SegmentInfo& info, int64_t end_offset);
  std::shared_ptr<const SegmentIndex> LoadIndex(int64_t base) const;
  Result<OpenSegment> LastSegment(Offset offset);  // under the lock
  Result<std::vector<LogBatch>> ReadSegment(PartitionId partition, const OpenSegment& segment, Offset from,
                                            size_t bytes_max);
  static Result<int64_t> NewestMs(const OpenSegment& segment);
  Result<int64_t> NewestMsOf(Offset base);
  static Result<std::optional<Offset>> OffsetOfTimeIn(const OpenSegment& segment, int64_t timestamp_ms);
  Status WriteIndexes(const SegmentIndex& index, int64_t base) const;
  Status OpenLast();
  Status SyncPositions();
  bool TakeRecycled(const std::string& path);
  Result<bool> MayGo(const SegmentInfo& oldest, const RetentionPolicy& policy);
  Status Discard(int64_t base);
  Status Recycle(const std::string& from, int64_t base);

  FileSystem& files_;
  const std::string directory_;
  const LogOptions& options_;

  // The writer's.
  std::shared_ptr<File> active_;
  std::unique_ptr<SyncedFile> synced_;
  bool synced_moved_ = false;  // since it was synced itself
  int64_t unpacked_ = 0;       // what the last segment holds since it was opened, as it was before compression
  int64_t zeroed_to_ = 0;      // of the last segment: below it lie batches and zeros on blocks of their own
  int64_t positions_due_ = 0;  // byte of the last segment from which on the synced positions are to be synced again
  bool starting_ = false;  // the file of the next segment may be there: no batch may go to the one before it any more

  mutable std::mutex mutex_;  // guards what follows; not held over I/O of the writer
  std::vector<SegmentInfo> segments_;
  SegmentIndex active_index_;
  int64_t end_ = 0;
  int32_t recycled_ = 0;
  std::shared_ptr<File> active_reader_;
  std::vector<OpenSegment> open_;  // sealed ones read last, newest at the back
};

}  // namespace tailrace::log
