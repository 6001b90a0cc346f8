#include "log/verify.h"

#include <algorithm>
#include <optional>

#include "log/batch_knowledge.h"
#include "log/batch_scanner.h"
#include "log/file_names.h"
#include "log/marks.h"
#include "log/partition_files.h"
#include "log/segment_end.h"
#include "log/segment_index.h"
#include "log/segment_index_files.h"
#include "log/snapshot.h"
#include "log/synced_file.h"

namespace tailrace::log {
namespace {

class Verification {
 public:
  Verification(FileSystem& files, VerifyReport* report) : files_(files), report_(report) {}

  Status Partition(const PartitionFiles& partition) {
    ++report_->partitions;
    TR_TRY(synced_, SyncedFile::Read(files_, partition.directory));
    for (size_t i = 0; i < partition.segments.size(); ++i) {
      const SegmentFile& segment = partition.segments[i];
      const bool last = i + 1 == partition.segments.size();
      // The last segment given is the last of the partition only when the whole partition is looked at; one that was
      // cut to its length by a clean stop reads the same either way.
      TR_TRY(const int64_t end, Segment(segment, last));
      if (!last && end != partition.segments[i + 1].base_offset) {
        Note(segment.path, segment.bytes, "the next segment does not begin where this one ends", end,
             partition.segments[i + 1].base_offset);
      }
      if (!last) TR_RETURN_IF_ERROR(Indexes(partition.directory, segment));
    }
    if (partition.segments.empty() && synced_ && synced_->end > 0) {
      Note(NumberedPath(partition.directory, synced_->segment, kSegmentSuffix), 0, "is missing", synced_->segment,
           synced_->end);
    }
    for (const int64_t base : partition.snapshots) {
      const auto snapshot = ReadSnapshot(files_, partition.directory, base);
      TR_RETURN_IF_ERROR(NoteDamagedFile(NumberedPath(partition.directory, base, kSnapshotSuffix),
                                         snapshot ? Status() : Status(Fail(snapshot.error()))));
    }
    const auto marks = ReadMarks(files_, partition.directory);
    return NoteDamagedFile(partition.directory + "/" + std::string(kMarksName),
                           marks ? Status() : Status(Fail(marks.error())));
  }

 private:
  using Outcome = BatchScanner::Outcome;

  // The next offset after the segment.
  Result<int64_t> Segment(const SegmentFile& segment, bool last) {
    ++report_->segments;
    report_->bytes += segment.bytes;
    TR_TRY(const auto file, files_.Open(segment.path, OpenMode::kRead));
    BatchScanner scanner(*file, 0, segment.bytes, segment.base_offset);
    index_ = SegmentIndex(segment.base_offset);
    while (true) {
      TR_TRY(const Outcome outcome, scanner.Next());
      if (outcome == Outcome::kBatch) {
        TakeBatch(segment, scanner);
        continue;
      }
      TR_TRY(const bool at_end, EndsHere(scanner, outcome, segment.bytes, last, synced_));
      if (at_end) {
        if (outcome == Outcome::kBroken)
          report_->torn_tails.push_back({segment.path, scanner.position(), segment.bytes - scanner.position()});
        return scanner.expected_offset();
      }
      const int64_t byte = scanner.position();
      const int64_t first = scanner.expected_offset();
      const std::string problem = outcome == Outcome::kEnd ? "zeros where a batch was" : scanner.problem();
      TR_TRY(const bool found, scanner.SkipDamage());
      const int64_t synced_end = last && synced_ ? synced_->end : first;
      Note(segment.path, byte, problem, first, found ? scanner.expected_offset() : std::max(first, synced_end));
      if (!found) return std::max(first, synced_end);
    }
  }

  void TakeBatch(const SegmentFile& segment, const BatchScanner& scanner) {
    const BatchHeader& header = scanner.header();
    ++report_->batches;
    report_->records += header.record_count;
    index_.Note(header.end_offset() - 1, scanner.position(), header.total_bytes(), header.base_timestamp_ms);
    const std::string_view records = scanner.bytes().substr(kBatchHeaderBytes);
    BatchKnowledge known;
    if (const Status taken = known.Take(header, records); !taken)
      Note(segment.path, scanner.position(), taken.error().message(), header.base_offset, header.end_offset());
    for (const LostOffsets& lost : known.lost) {
      report_->gaps.push_back({segment.path, lost.first, lost.end});
      report_->records -= lost.end - lost.first;
    }
  }

  Status Indexes(const std::string& directory, const SegmentFile& segment) {
    TR_TRY(const IndexState offsets,
           StateOfIndex(files_, directory, segment.base_offset, kOffsetIndexSuffix, index_.EncodeOffsets()));
    TR_TRY(const IndexState times,
           StateOfIndex(files_, directory, segment.base_offset, kTimeIndexSuffix, index_.EncodeTimes()));
    // A log is read without them, only more slowly.
    for (const auto& [state, suffix] : {std::pair(offsets, kOffsetIndexSuffix), std::pair(times, kTimeIndexSuffix)}) {
      if (state != IndexState::kWrong) continue;
      Note(NumberedPath(directory, segment.base_offset, suffix), 0, "not the index of its segment", 0, 0);
    }
    return {};
  }

  Status NoteDamagedFile(const std::string& path, const Status& read) {
    if (read || read.error().code() == ErrorCode::kNotFound) return {};
    if (read.error().code() != ErrorCode::kCorruption) return read;
    Note(path, 0, read.error().message(), 0, 0);
    return {};
  }

  void Note(const std::string& file, int64_t byte, std::string problem, int64_t first, int64_t end) {
    report_->damage.push_back({file, byte, std::move(problem), first, end});
  }

  FileSystem& files_;
  VerifyReport* const report_;
  std::optional<SyncedPosition> synced_;
  SegmentIndex index_{0};  // of the segment looked at
};

std::string Count(int64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

}  // namespace

std::string RenderOffsets(int64_t first, int64_t end) {
  if (end - first == 1) return "offset " + std::to_string(first);
  return "offsets " + std::to_string(first) + " to " + std::to_string(end - 1);
}

Result<VerifyReport> VerifyLog(FileSystem& files, const std::string& path) {
  TR_TRY(const auto partitions, FindPartitions(files, path));
  VerifyReport report;
  Verification verification(files, &report);
  for (const PartitionFiles& partition : partitions) TR_RETURN_IF_ERROR(verification.Partition(partition));
  return report;
}

std::string RenderReport(const VerifyReport& report) {
  std::string text;
  for (const Damage& damage : report.damage) {
    text += "damaged: " + damage.file + ": byte " + std::to_string(damage.byte) + ": " + damage.problem;
    if (damage.end > damage.first) text += "; " + RenderOffsets(damage.first, damage.end) + " cannot be read";
    text += "\n";
  }
  for (const LostRecords& gap : report.gaps) {
    text += "lost: " + gap.file + ": " + RenderOffsets(gap.first, gap.end) + ", taken out by an earlier repair\n";
  }
  for (const TornTail& tail : report.torn_tails) {
    text += "torn tail: " + tail.file + ": byte " + std::to_string(tail.byte) + ": " +
            Count(tail.bytes, "byte", "bytes") + " that were never acknowledged; the next start cuts them\n";
  }
  text += Count(report.partitions, "partition", "partitions") + ", " + Count(report.segments, "segment", "segments") +
          ", " + Count(report.batches, "batch", "batches") + ", " + Count(report.records, "record", "records") + ", " +
          Count(report.bytes, "byte", "bytes") + ": ";
  text += report.sound() ? "sound\n" : Count(std::ssize(report.damage), "place is", "places are") + " damaged\n";
  return text;
}

}  // namespace tailrace::log
