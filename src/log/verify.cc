#include "log/verify.h"

#include <algorithm>
#include <optional>

#include "log/batch_scanner.h"
#include "log/compression.h"
#include "log/file_names.h"
#include "log/marks.h"
#include "log/partition_files.h"
#include "log/pending_batch.h"
#include "log/segment_index.h"
#include "log/snapshot.h"
#include "log/synced_file.h"

namespace tailrace::log {
namespace {

constexpr int64_t kIndexBytesMax = int64_t{64} << 20;

Status CheckRecord(const RecordView& record) {
  if (record.offset_delta == 0) {
    const auto seq = FindHeader(record, kSeqHeader);
    if (!seq || seq->size() != 8) return Fail(Error::Corruption("the first record has no sequence number"));
  }
  if (const auto key = FindHeader(record, kKeyHeader)) {
    TR_TRY([[maybe_unused]] const KeyHeader header, DecodeKeyHeader(*key));
  }
  if (const auto source = FindHeader(record, kSourceHeader)) {
    TR_TRY([[maybe_unused]] const SourcePosition position, SourcePositions::DecodeHeader(*source));
  }
  return {};
}

Status CheckRecords(const BatchHeader& header, std::string_view records) {
  std::string unpacked;
  if (header.compression() != Compression::kNone) {
    TR_TRY(unpacked, Unpack(header.compression(), records, 0));
    records = unpacked;
  }
  RecordCursor cursor(records, header.record_count);
  RecordView record;
  while (cursor.Next(&record)) TR_RETURN_IF_ERROR(CheckRecord(record));
  if (!cursor.ok()) return Fail(Error::Corruption("the records are not what the header says"));
  return {};
}

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
    batch_starts_.clear();
    while (true) {
      TR_TRY(const Outcome outcome, scanner.Next());
      if (outcome == Outcome::kBatch) {
        TakeBatch(segment, scanner);
        continue;
      }
      TR_TRY(const bool at_end, IsEnd(scanner, segment, outcome, last));
      if (at_end) return scanner.expected_offset();
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
    batch_starts_.push_back(scanner.position());
    const Status records = CheckRecords(header, scanner.bytes().substr(kBatchHeaderBytes));
    if (!records)
      Note(segment.path, scanner.position(), records.error().message(), header.base_offset, header.end_offset());
  }

  Result<bool> IsEnd(BatchScanner& scanner, const SegmentFile& segment, Outcome outcome, bool last) {
    if (scanner.position() == segment.bytes) return !BelowSynced(segment, scanner.position());
    if (!last || BelowSynced(segment, scanner.position())) return false;
    if (outcome == Outcome::kBroken) {
      TR_TRY(const bool followed, scanner.FollowedByBatch());
      if (followed) return false;
      report_->torn_tails.push_back({segment.path, scanner.position(), segment.bytes - scanner.position()});
    }
    return true;
  }

  bool BelowSynced(const SegmentFile& segment, int64_t byte) const {
    return synced_ && synced_->segment == segment.base_offset && byte < synced_->bytes;
  }

  Status Indexes(const std::string& directory, const SegmentFile& segment) {
    const std::string path = NumberedPath(directory, segment.base_offset, kOffsetIndexSuffix);
    const auto offsets = ReadFile(files_, path, kIndexBytesMax);
    const auto times = ReadFile(files_, NumberedPath(directory, segment.base_offset, kTimeIndexSuffix), kIndexBytesMax);
    // A log is read without them, only more slowly.
    if (!offsets || !times) return {};
    const auto index = SegmentIndex::Decode(segment.base_offset, *offsets, *times);
    if (!index) {
      Note(path, 0, index.error().message() + "; reads go on without it", 0, 0);
      return {};
    }
    for (const int64_t position : index->positions()) {
      if (std::binary_search(batch_starts_.begin(), batch_starts_.end(), position)) continue;
      Note(path, 0, "leads to byte " + std::to_string(position) + ", where no batch begins; reads go on without it", 0,
           0);
      return {};
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
  std::vector<int64_t> batch_starts_;  // of the segment looked at
};

std::string Count(int64_t number, std::string_view one, std::string_view many) {
  return std::to_string(number) + " " + std::string(number == 1 ? one : many);
}

}  // namespace

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
    if (damage.end > damage.first) {
      text += "; offsets " + std::to_string(damage.first) + " to " + std::to_string(damage.end - 1) + " cannot be read";
    }
    text += "\n";
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
