#include "log/repair_plan.h"

#include <algorithm>

#include "log/batch_knowledge.h"
#include "log/batch_scanner.h"
#include "log/file_names.h"
#include "log/marks.h"
#include "log/segment_end.h"
#include "log/segment_index_files.h"
#include "log/synced_file.h"

namespace tailrace::log {
namespace {

constexpr int64_t kTrimChunkBytes = int64_t{1} << 20;

// A batch whose checksum holds once the bytes that the checksum does not cover are what they must be; nullopt when it
// does not. Its length is the one it says, or what lies up to `stop`.
Result<std::optional<BatchHeader>> Mend(File& file, int64_t byte, int64_t stop, int64_t expected_offset) {
  std::string bytes(static_cast<size_t>(std::clamp<int64_t>(stop - byte, 0, kBatchBytesMax)), '\0');
  TR_TRY(const size_t read, file.ReadAt(byte, bytes));
  bytes.resize(read);
  if (bytes.size() < kBatchHeaderBytes) return std::optional<BatchHeader>();
  BatchHeader header = DecodeBatchHeader(bytes.data());
  header.base_offset = expected_offset;
  header.leader_epoch = 0;
  header.magic = 2;
  for (const int64_t size : {header.total_bytes(), std::ssize(bytes)}) {
    if (size < static_cast<int64_t>(kBatchHeaderBytes) || size > std::ssize(bytes)) continue;
    header.batch_length = static_cast<int32_t>(size - static_cast<int64_t>(kBatchPrefixBytes));
    if (!HeaderProblem(header, expected_offset).empty()) continue;
    EncodeBatchHeader(header, bytes.data());
    if (BatchCrcHolds(std::string_view(bytes).substr(0, static_cast<size_t>(size)))) return std::optional(header);
  }
  return std::optional<BatchHeader>();
}

// Bytes of [byte, end) up to the last one that is not zero.
Result<int64_t> WithoutZeros(File& file, int64_t byte, int64_t end) {
  std::string chunk;
  while (end > byte) {
    const int64_t from = std::max(byte, end - kTrimChunkBytes);
    chunk.resize(static_cast<size_t>(end - from));
    TR_TRY(const size_t read, file.ReadAt(from, chunk));
    const size_t last = std::string_view(chunk).substr(0, read).find_last_not_of('\0');
    if (last != std::string_view::npos) return from + static_cast<int64_t>(last) + 1 - byte;
    end = from;
  }
  return 0;
}

class Planner {
 public:
  Planner(FileSystem& files, const PartitionFiles& partition) : files_(files), partition_(partition) {
    plan_.directory = partition.directory;
  }

  Result<PartitionPlan> Run() {
    TR_RETURN_IF_ERROR(TakeFence());
    TR_TRY(synced_, SyncedFile::Read(files_, partition_.directory));
    TakeSegments();
    for (size_t i = 0; i < plan_.segments.size(); ++i) {
      TR_RETURN_IF_ERROR(SnapshotBefore(i));
      TR_RETURN_IF_ERROR(Segment(i));
    }
    TR_RETURN_IF_ERROR(OtherSnapshots());
    TR_RETURN_IF_ERROR(Marks());
    plan_.next_seq = std::max(known_.next_seq, plan_.fence ? plan_.fence->next_seq : 1);
    return std::move(plan_);
  }

 private:
  using Outcome = BatchScanner::Outcome;

  Status TakeFence() {
    const auto fence = ReadFence(files_, partition_.directory);
    if (fence) {
      plan_.fence = *fence;
      return {};
    }
    if (fence.error().code() != ErrorCode::kCorruption) return Fail(fence.error());
    plan_.small_files.push_back(
        {partition_.directory + "/" + std::string(kFenceName), fence.error().message(),
         "where the partition stopped after a failed write: records that were refused then may be "
         "there now",
         std::nullopt});
    return {};
  }

  void TakeSegments() {
    for (SegmentFile file : partition_.segments) {
      if (plan_.fence && file.base_offset > plan_.fence->segment) continue;
      if (plan_.fence && file.base_offset == plan_.fence->segment)
        file.bytes = std::min(file.bytes, plan_.fence->bytes);
      plan_.segments.push_back({std::move(file), {}, false, true, SegmentIndex{0}, false});
    }
    if (plan_.segments.empty() && synced_ && synced_->end > 0) {
      const std::string path = NumberedPath(partition_.directory, synced_->segment, kSegmentSuffix);
      plan_.segments.push_back({{path, synced_->segment, 0}, {}, true, false, SegmentIndex{0}, false});
    }
    if (!plan_.segments.empty()) plan_.segments.back().sealed = false;
  }

  bool HasSnapshot(int64_t base) const {
    return std::binary_search(partition_.snapshots.begin(), partition_.snapshots.end(), base);
  }

  // What was known when the segment began: read when the segment is the first, checked when what is known comes from
  // the segments before it.
  Status SnapshotBefore(size_t i) {
    const int64_t base = plan_.segments[i].file.base_offset;
    if (base == 0 || (i > 0 && !HasSnapshot(base))) return {};
    auto snapshot = ReadSnapshot(files_, partition_.directory, base);
    if (!snapshot && snapshot.error().code() != ErrorCode::kCorruption &&
        snapshot.error().code() != ErrorCode::kNotFound) {
      return Fail(snapshot.error());
    }
    if (snapshot && i > 0) return {};
    if (snapshot) {
      known_.positions = std::move(snapshot->positions);
      known_.origins = std::move(snapshot->origins);
      known_.next_seq = std::max(known_.next_seq, snapshot->next_seq);
      known_.newest_ms = snapshot->newest_ms;
      return {};
    }
    SmallFilePlan small{NumberedPath(partition_.directory, base, kSnapshotSuffix), snapshot.error().message(), "", {}};
    if (i == 0) {
      AddTo(&known_.origins, "", base);
      small.forgotten = "how far sources had read before offset " + std::to_string(base) +
                        ", and the idempotency keys of the segment before it";
    } else if (!knows_all_) {
      small.forgotten = "how far sources had read before offset " + std::to_string(plan_.segments[0].file.base_offset);
    }
    knows_all_ = knows_all_ && i > 0;
    small.replace = Snapshot{base, known_.next_seq, known_.newest_ms, known_.positions, known_.keys, known_.origins};
    plan_.small_files.push_back(std::move(small));
    return {};
  }

  Status Segment(size_t i) {
    SegmentPlan& segment = plan_.segments[i];
    const bool last = i + 1 == plan_.segments.size();
    known_.keys.clear();
    segment.index = SegmentIndex(segment.file.base_offset);
    if (segment.missing) {
      Lose(segment, {0, 0, {}, true, {segment.file.base_offset, synced_->end}, "the segment is missing", 0, 0}, true);
      return {};
    }
    TR_TRY(const auto file, files_.Open(segment.file.path, OpenMode::kRead));
    TR_TRY(const int64_t end, Scan(*file, segment, last));
    if (!last) EndAt(segment, end, plan_.segments[i + 1].file.base_offset);
    if (!last) return CheckIndexes(segment);
    return {};
  }

  // The next offset after what could be read or is lost.
  Result<int64_t> Scan(File& file, SegmentPlan& segment, bool last) {
    BatchScanner scanner(file, 0, segment.file.bytes, segment.file.base_offset);
    while (true) {
      TR_TRY(const Outcome outcome, scanner.Next());
      if (outcome == Outcome::kBatch) {
        Take(segment, scanner.header(), scanner.bytes().substr(kBatchHeaderBytes), scanner.position());
        continue;
      }
      TR_TRY(const bool ends, EndsHere(scanner, outcome, segment.file.bytes, last, synced_));
      if (ends) return scanner.expected_offset();
      const int64_t byte = scanner.position();
      const int64_t first = scanner.expected_offset();
      const std::string problem = outcome == Outcome::kEnd ? "zeros where a batch was" : scanner.problem();
      TR_TRY(const bool found, scanner.SkipDamage());
      const int64_t stop = found ? scanner.next_position() : segment.file.bytes;
      TR_TRY(const auto mended, Mend(file, byte, stop, first));
      if (mended && (!found || mended->end_offset() <= scanner.expected_offset())) {
        TR_RETURN_IF_ERROR(TakeMended(file, segment, *mended, byte, problem));
        scanner.GoTo(byte + mended->total_bytes(), mended->end_offset());
        continue;
      }
      const int64_t end = found  ? scanner.expected_offset()
                          : last ? std::max(first, synced_ ? synced_->end : first)
                                 : std::max(first, NextBase(segment));
      int64_t bytes = stop - byte;
      // What lies behind the last batch was never written to.
      if (last && !found) {
        TR_TRY(bytes, WithoutZeros(file, byte, stop));
      }
      Lose(segment, {byte, bytes, {}, true, {first, end}, problem, 0, 0}, last && !found);
      if (!found) return end;
    }
  }

  int64_t NextBase(const SegmentPlan& segment) const { return (&segment + 1)->file.base_offset; }

  void EndAt(SegmentPlan& segment, int64_t end, int64_t next_base) {
    if (end == next_base) return;
    const std::string problem = "the next segment begins at " + std::to_string(next_base);
    if (end > next_base) {
      plan_.beyond_repair.push_back(segment.file.path + ": goes on to offset " + std::to_string(end - 1) + " but " +
                                    problem);
      return;
    }
    Lose(segment, {segment.file.bytes, 0, {}, true, {end, next_base}, problem, 0, 0}, false);
  }

  void Take(SegmentPlan& segment, const BatchHeader& header, std::string_view records, int64_t byte) {
    segment.index.Note(header.end_offset() - 1, byte, header.total_bytes(), header.base_timestamp_ms);
    if (!Learn(segment, header, records, byte)) return;
    auto& pieces = segment.pieces;
    if (!pieces.empty() && !pieces.back().damaged && !pieces.back().mended &&
        pieces.back().byte + pieces.back().bytes == byte) {
      pieces.back().bytes += header.total_bytes();
    } else {
      pieces.push_back({byte, header.total_bytes(), {}, false, {}, {}, 0, 0});
    }
  }

  // An index made of bytes that were wrong is written again with the segment.
  Status TakeMended(File& file, SegmentPlan& segment, const BatchHeader& header, int64_t byte,
                    const std::string& problem) {
    std::string records(static_cast<size_t>(header.total_bytes()) - kBatchHeaderBytes, '\0');
    TR_TRY([[maybe_unused]] const size_t read, file.ReadAt(byte + static_cast<int64_t>(kBatchHeaderBytes), records));
    if (!Learn(segment, header, records, byte)) return {};
    segment.pieces.push_back({byte, header.total_bytes(), header, false, {}, problem, 0, 0});
    return {};
  }

  // False when the records are not what the header says: then the batch is lost.
  bool Learn(SegmentPlan& segment, const BatchHeader& header, std::string_view records, int64_t byte) {
    const Status taken = known_.Take(header, records);
    if (taken) return true;
    SegmentPiece piece{byte, header.total_bytes(), {}, true, {}, taken.error().message(), 0, 0};
    piece.lost = {header.base_offset, header.end_offset()};
    Lose(segment, std::move(piece), false);
    return false;
  }

  // The lost records had numbers between those before and those after them, so the last had at least this one. At the
  // end of the partition nothing comes after, and new records must not get numbers that the lost ones may have had.
  void Lose(SegmentPlan& segment, SegmentPiece piece, bool at_the_end) {
    const int64_t lost = piece.lost.end - piece.lost.first;
    if (!at_the_end) {
      piece.seq = known_.next_seq + std::max<int64_t>(lost, 1) - 1;
      if (lost > 0) known_.next_seq = piece.seq + 1;
    }
    if (lost > 0) AddTo(&known_.origins, kLostOrigin, lost);
    piece.timestamp_ms = known_.newest_ms;
    segment.pieces.push_back(std::move(piece));
  }

  Status CheckIndexes(SegmentPlan& segment) {
    const int64_t base = segment.file.base_offset;
    TR_TRY(const IndexState offsets,
           StateOfIndex(files_, partition_.directory, base, kOffsetIndexSuffix, segment.index.EncodeOffsets()));
    TR_TRY(const IndexState times,
           StateOfIndex(files_, partition_.directory, base, kTimeIndexSuffix, segment.index.EncodeTimes()));
    segment.index_wrong = offsets != IndexState::kRight || times != IndexState::kRight;
    return {};
  }

  // Of segments that retention took: only their idempotency keys are of use.
  Status OtherSnapshots() {
    for (const int64_t base : partition_.snapshots) {
      const bool checked = std::any_of(plan_.segments.begin(), plan_.segments.end(),
                                       [&](const SegmentPlan& segment) { return segment.file.base_offset == base; });
      if (checked) continue;
      const auto snapshot = ReadSnapshot(files_, partition_.directory, base);
      if (snapshot) continue;
      if (snapshot.error().code() != ErrorCode::kCorruption) return Fail(snapshot.error());
      plan_.small_files.push_back({NumberedPath(partition_.directory, base, kSnapshotSuffix),
                                   snapshot.error().message(),
                                   "the idempotency keys of the segment before offset " + std::to_string(base) +
                                       ": a request that is sent again may be taken twice",
                                   std::nullopt});
    }
    return {};
  }

  Status Marks() {
    const auto marks = ReadMarks(files_, partition_.directory);
    if (marks) return {};
    if (marks.error().code() != ErrorCode::kCorruption) return Fail(marks.error());
    plan_.small_files.push_back({partition_.directory + "/" + std::string(kMarksName), marks.error().message(),
                                 "how far sources had read where they found no record: they may read that again",
                                 std::nullopt});
    return {};
  }

  FileSystem& files_;
  const PartitionFiles& partition_;
  PartitionPlan plan_;
  BatchKnowledge known_;
  bool knows_all_ = true;  // the positions of sources, from the beginning on
  std::optional<SyncedPosition> synced_;
};

}  // namespace

bool SegmentPlan::NeedsRewrite() const {
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const SegmentPiece& piece) { return piece.damaged || piece.mended.has_value(); });
}

bool PartitionPlan::NeedsRewrite() const {
  return std::any_of(segments.begin(), segments.end(),
                     [](const SegmentPlan& segment) { return segment.NeedsRewrite(); });
}

Result<PartitionPlan> PlanRepair(FileSystem& files, const PartitionFiles& partition) {
  return Planner(files, partition).Run();
}

}  // namespace tailrace::log
