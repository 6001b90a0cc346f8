// Reading of SegmentStore: from an offset or a time to batches.
#include <algorithm>
#include <limits>
#include <utility>

#include "log/batch_scanner.h"
#include "log/compression.h"
#include "log/file_names.h"
#include "log/origin_header.h"
#include "log/segment_index_files.h"
#include "log/segment_store.h"
#include "model/record_decoder.h"

namespace tailrace::log {
namespace {

constexpr size_t kPadding = RecordDecoder::kPadding;
constexpr int64_t kReadBytesMin = int64_t{64} << 10;
constexpr int64_t kCompressedBatchesAtOnce = 2;

// Batch `bytes`, a part of `buffer`, as records from `from` on.
Result<LogBatch> DecodeBatch(PartitionId partition, std::shared_ptr<const std::string> buffer, std::string_view bytes,
                             Offset from) {
  const BatchHeader header = DecodeBatchHeader(bytes.data());
  std::string_view records = bytes.substr(kBatchHeaderBytes);
  if (header.compression() != Compression::kNone) {
    TR_TRY(std::string unpacked, Unpack(header.compression(), records, kPadding));
    buffer = std::make_shared<const std::string>(std::move(unpacked));
    records = std::string_view(*buffer).substr(0, buffer->size() - kPadding);
  }
  LogBatch batch{partition, header.base_timestamp_ms, {}, std::move(buffer)};
  batch.origins = [kept = batch.buffer, records, base = header.base_offset, count = header.record_count] {
    return ReadOrigins(records, base, count);
  };
  const int64_t skipped = std::max<int64_t>(0, from.value - header.base_offset);
  batch.records.reserve(static_cast<size_t>(std::max<int64_t>(0, header.record_count - skipped)));
  RecordCursor cursor(records, header.record_count);
  RecordView record;
  int64_t seq = 0;
  while (cursor.Next(&record)) {
    if (record.offset_delta == 0) {
      TR_TRY(seq, FirstSeqOf(record));
    }
    if (record.offset_delta < skipped) continue;
    batch.records.push_back(
        {Offset{header.base_offset + record.offset_delta}, Seq{seq + record.offset_delta}, record.key, record.value});
  }
  if (!cursor.ok()) return Fail(Error::Corruption("the records are not what the header says"));
  return batch;
}

// One read of one segment: whole batches from a place on, past damage where that does not hide what was asked for.
class Reading {
 public:
  struct Place {
    std::string path;
    int64_t position = 0;    // of a batch
    int64_t offset = 0;      // its base offset
    int64_t limit = 0;       // bytes of the segment
    int64_t end_offset = 0;  // of the segment
  };
  struct Wanted {
    PartitionId partition;
    Offset from;
    int64_t bytes_max = 0;
  };

  Reading(File& file, Place place, const Wanted& wanted)
      : file_(file), at_(std::move(place)), wanted_(wanted), buffer_bytes_(std::max(kReadBytesMin, wanted.bytes_max)) {}

  Result<std::vector<LogBatch>> Run() {
    TR_RETURN_IF_ERROR(FitBuffer());
    while (!Full()) {
      const int64_t before = at_.position;
      TR_RETURN_IF_ERROR(TakeBuffer());
      if (at_.position != before) continue;
      if (!batches_.empty()) break;
      TR_RETURN_IF_ERROR(GetPast());
    }
    return std::move(batches_);
  }

 private:
  bool Full() const { return at_.position >= at_.limit || (!batches_.empty() && taken_ >= wanted_.bytes_max); }

  // Of compressed batches a few are what is wanted: not more is read than those. What the header says is checked when its batch is taken.
  Status FitBuffer() {
    char start[kBatchHeaderBytes];
    TR_TRY(const size_t read, file_.ReadAt(at_.position, start));
    if (read < kBatchHeaderBytes) return {};
    const BatchHeader header = DecodeBatchHeader(start);
    if (header.compression() == Compression::kNone || !HeaderProblem(header, at_.offset).empty()) return {};
    buffer_bytes_ = std::clamp(kCompressedBatchesAtOnce * header.total_bytes(), kReadBytesMin, buffer_bytes_);
    return {};
  }

  // All batches that lie whole in one buffer; stops before one that does not, or that is damaged.
  Status TakeBuffer() {
    const auto size = static_cast<size_t>(std::min(buffer_bytes_, at_.limit - at_.position));
    auto buffer = std::make_shared<std::string>(size + kPadding, '\0');
    TR_TRY(const size_t read, file_.ReadAt(at_.position, std::span(buffer->data(), size)));
    std::string_view rest(buffer->data(), read);
    while (!Full() && rest.size() >= kBatchHeaderBytes) {
      const BatchHeader header = DecodeBatchHeader(rest.data());
      if (!HeaderProblem(header, at_.offset).empty() || header.total_bytes() > std::ssize(rest)) break;
      const std::string_view bytes = rest.substr(0, static_cast<size_t>(header.total_bytes()));
      if (header.end_offset() > wanted_.from.value && !TakeBatch(buffer, bytes)) break;
      rest.remove_prefix(bytes.size());
      at_.position += header.total_bytes();
      at_.offset = header.end_offset();
    }
    return {};
  }

  bool TakeBatch(const std::shared_ptr<const std::string>& buffer, std::string_view bytes) {
    if (!BatchCrcHolds(bytes)) return false;
    auto batch = DecodeBatch(wanted_.partition, buffer, bytes, wanted_.from);
    if (!batch) return false;
    batch->file = path_;
    batch->byte = at_.position;
    // As unpacked: what is asked for bounds memory.
    taken_ += batch->buffer == buffer ? std::ssize(bytes) : std::ssize(*batch->buffer);
    batches_.push_back(std::move(*batch));
    return true;
  }

  // The batch here did not come out of a buffer: it is larger, or damaged.
  Status GetPast() {
    BatchScanner scanner(file_, at_.position, at_.limit, at_.offset);
    TR_TRY(const BatchScanner::Outcome outcome, scanner.Next());
    if (outcome == BatchScanner::Outcome::kBatch) {
      if (scanner.header().total_bytes() <= buffer_bytes_)
        return Unreadable("its records are not what its header says", scanner.header().end_offset());
      buffer_bytes_ = scanner.header().total_bytes();
      return {};
    }
    const std::string problem = outcome == BatchScanner::Outcome::kEnd ? "zeros where a batch was" : scanner.problem();
    TR_TRY(const bool found, scanner.SkipDamage());
    const int64_t next = found ? scanner.expected_offset() : at_.end_offset;
    if (!found || next > wanted_.from.value) return Unreadable(problem, next);
    TR_TRY([[maybe_unused]] const BatchScanner::Outcome whole, scanner.Next());
    at_.position = scanner.position();
    at_.offset = next;
    return {};
  }

  Status Unreadable(const std::string& problem, int64_t next) const {
    return Fail(Error::Corruption(at_.path + ": byte " + std::to_string(at_.position) + ": " + problem + "; offsets " +
                                  std::to_string(at_.offset) + " to " + std::to_string(next - 1) +
                                  " cannot be read, the next is " + std::to_string(next)));
  }

  File& file_;
  Place at_;
  const std::shared_ptr<const std::string> path_ = std::make_shared<const std::string>(at_.path);
  const Wanted wanted_;
  int64_t buffer_bytes_;
  std::vector<LogBatch> batches_;
  int64_t taken_ = 0;
};

// Base offset of the batch at `position`, which only its own header tells; nullopt when there is none.
Result<std::optional<int64_t>> OffsetAt(File& file, int64_t position) {
  char start[kBatchHeaderBytes];
  TR_TRY(const size_t read, file.ReadAt(position, start));
  if (read < kBatchHeaderBytes) return std::optional<int64_t>();
  const BatchHeader header = DecodeBatchHeader(start);
  if (!HeaderProblem(header, header.base_offset).empty()) return std::optional<int64_t>();
  return std::optional(header.base_offset);
}

struct ScanStart {
  int64_t position = 0;
  int64_t offset = 0;
};

// `hint`, when a whole batch older than `timestamp_ms` begins there, else the segment's first batch: an index has no
// checksum, so it is not believed.
Result<ScanStart> StartOfScan(File& file, const SegmentInfo& segment, int64_t hint, int64_t timestamp_ms) {
  const ScanStart first{0, segment.base};
  if (hint == 0) return first;
  TR_TRY(const std::optional<int64_t> offset, OffsetAt(file, hint));
  if (!offset || *offset < segment.base) return first;
  BatchScanner scanner(file, hint, segment.bytes, *offset);
  TR_TRY(const BatchScanner::Outcome outcome, scanner.Next());
  const bool older = outcome == BatchScanner::Outcome::kBatch && scanner.header().base_timestamp_ms < timestamp_ms;
  return older ? ScanStart{hint, *offset} : first;
}

}  // namespace

std::shared_ptr<const SegmentIndex> SegmentStore::LoadIndex(int64_t base) const {
  const auto offsets = ReadFile(files_, PathOf(base, kOffsetIndexSuffix), kIndexBytesMax);
  const auto times = ReadFile(files_, PathOf(base, kTimeIndexSuffix), kIndexBytesMax);
  if (!offsets || !times) return nullptr;
  auto index = SegmentIndex::Decode(base, *offsets, *times);
  if (!index) return nullptr;
  return std::make_shared<const SegmentIndex>(std::move(*index));
}

Result<SegmentStore::OpenSegment> SegmentStore::OpenSealed(const SegmentInfo& info, int64_t end_offset) {
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(open_.begin(), open_.end(), [&](const OpenSegment& open) { return open.info.base == info.base; });
    if (found != open_.end()) {
      std::rotate(found, found + 1, open_.end());
      return open_.back();
    }
  }
  TR_TRY(std::shared_ptr<File> file, files_.Open(PathOf(info.base, kSegmentSuffix), OpenMode::kRead));
  OpenSegment segment{info, end_offset, std::move(file), LoadIndex(info.base), 0};
  const std::lock_guard lock(mutex_);
  if (open_.size() >= kOpenSegmentsMax) open_.erase(open_.begin());
  open_.push_back(segment);
  return segment;
}

Result<SegmentStore::OpenSegment> SegmentStore::LastSegment(Offset offset) {
  if (active_reader_ == nullptr) {
    TR_TRY(active_reader_, files_.Open(PathOf(segments_.back().base, kSegmentSuffix), OpenMode::kRead));
  }
  return OpenSegment{segments_.back(), end_, active_reader_, nullptr, active_index_.PositionOfOffset(offset.value)};
}

Result<SegmentStore::OpenSegment> SegmentStore::Find(Offset offset) {
  SegmentInfo info;
  int64_t end_offset = 0;
  {
    const std::lock_guard lock(mutex_);
    if (segments_.empty() || offset.value < segments_.front().base || offset.value > end_) {
      return Fail(Error::NotFound(directory_ + ": offset " + std::to_string(offset.value) + " is not held; offsets " +
                                  std::to_string(segments_.empty() ? end_ : segments_.front().base) + " to " +
                                  std::to_string(end_) + " are"));
    }
    const auto after =
        std::upper_bound(segments_.begin(), segments_.end(), offset.value,
                         [](int64_t wanted, const SegmentInfo& segment) { return wanted < segment.base; });
    info = *std::prev(after);
    if (after == segments_.end()) return LastSegment(offset);
    end_offset = after->base;
  }
  TR_TRY(OpenSegment segment, OpenSealed(info, end_offset));
  if (segment.index != nullptr) segment.start = segment.index->PositionOfOffset(offset.value);
  return segment;
}

Result<std::vector<LogBatch>> SegmentStore::Read(PartitionId partition, Offset from, size_t bytes_max) {
  if (from == end()) return std::vector<LogBatch>();
  auto segment = Find(from);
  if (segment) {
    auto batches = ReadSegment(partition, *segment, from, bytes_max);
    if (batches && !batches->empty()) return batches;
    if (!batches && batches.error().code() != ErrorCode::kCorruption) return batches;
    // Retention may have taken the segment, and zeroed it, while it was being read.
    if (from >= begin()) {
      if (!batches) return batches;
      return Fail(Error::Corruption(PathOf(segment->info.base, kSegmentSuffix) + ": offset " +
                                    std::to_string(from.value) + " is missing"));
    }
  } else if (segment.error().code() != ErrorCode::kNotFound || from >= begin()) {
    // Below the end and at or above the beginning, a file that is not there is damage.
    if (segment.error().code() == ErrorCode::kNotFound && from < end())
      return Fail(Error::Corruption(segment.error().message()));
    return Fail(segment.error());
  }
  return Fail(Error::NotFound(directory_ + ": offset " + std::to_string(from.value) + " is no longer held"));
}

Result<std::vector<LogBatch>> SegmentStore::ReadSegment(PartitionId partition, const OpenSegment& segment, Offset from,
                                                        size_t bytes_max) {
  Reading::Place place{PathOf(segment.info.base, kSegmentSuffix), 0, segment.info.base, segment.info.bytes,
                       segment.end_offset};
  if (segment.start != 0) {
    TR_TRY(const auto offset, OffsetAt(*segment.file, segment.start));
    // An index that leads astray is not believed.
    if (offset && *offset <= from.value && *offset >= segment.info.base) {
      place.position = segment.start;
      place.offset = *offset;
    }
  }
  const auto bytes_wanted = static_cast<int64_t>(std::min(bytes_max, static_cast<size_t>(kBatchBytesMax)));
  return Reading(*segment.file, std::move(place), {partition, from, bytes_wanted}).Run();
}

Result<int64_t> SegmentStore::NewestMs(const OpenSegment& segment) {
  const int64_t hint = segment.index != nullptr ? segment.index->PositionOfOffset(segment.end_offset - 1) : 0;
  TR_TRY(const ScanStart start, StartOfScan(*segment.file, segment.info, hint, std::numeric_limits<int64_t>::max()));
  int64_t newest_ms = 0;
  BatchScanner scanner(*segment.file, start.position, segment.info.bytes, start.offset);
  while (true) {
    TR_TRY(const BatchScanner::Outcome outcome, scanner.Next());
    if (outcome == BatchScanner::Outcome::kEnd) return newest_ms;
    if (outcome == BatchScanner::Outcome::kBatch) {
      newest_ms = std::max(newest_ms, scanner.header().base_timestamp_ms);
      continue;
    }
    TR_TRY(const bool found, scanner.SkipDamage());
    if (!found) return newest_ms;
  }
}

Result<std::optional<Offset>> SegmentStore::OffsetOfTimeIn(const OpenSegment& segment, int64_t timestamp_ms) {
  const int64_t hint = segment.index != nullptr ? segment.index->PositionOfTime(timestamp_ms) : segment.start;
  TR_TRY(const ScanStart start, StartOfScan(*segment.file, segment.info, hint, timestamp_ms));
  BatchScanner scanner(*segment.file, start.position, segment.info.bytes, start.offset);
  while (true) {
    TR_TRY(const BatchScanner::Outcome outcome, scanner.Next());
    if (outcome == BatchScanner::Outcome::kBatch) {
      if (scanner.header().base_timestamp_ms >= timestamp_ms)
        return std::optional(Offset{scanner.header().base_offset});
      continue;
    }
    if (outcome == BatchScanner::Outcome::kEnd) return std::optional<Offset>();
    TR_TRY(const bool found, scanner.SkipDamage());
    if (!found) return std::optional<Offset>();
  }
}

Result<Offset> SegmentStore::OffsetOfTime(int64_t timestamp_ms) {
  std::vector<int64_t> bases;
  {
    const std::lock_guard lock(mutex_);
    for (const SegmentInfo& segment : segments_) bases.push_back(segment.base);
  }
  // The first segment whose newest batch is not older.
  size_t low = 0;
  size_t high = bases.size();
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    TR_TRY(const int64_t newest_ms, NewestMsOf(Offset{bases[middle]}));
    if (newest_ms < timestamp_ms) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low == bases.size()) return end();
  TR_TRY(OpenSegment segment, Find(Offset{bases[low]}));
  segment.start = 0;
  if (low + 1 == bases.size()) {
    const std::lock_guard lock(mutex_);
    segment.start = active_index_.PositionOfTime(timestamp_ms);
  }
  TR_TRY(const std::optional<Offset> found, OffsetOfTimeIn(segment, timestamp_ms));
  return found ? *found : Offset{segment.end_offset};
}

Result<int64_t> SegmentStore::NewestMsOf(Offset base) {
  {
    const std::lock_guard lock(mutex_);
    if (!segments_.empty() && segments_.back().base == base.value) return active_index_.newest_ms();
  }
  TR_TRY(const OpenSegment segment, Find(base));
  return NewestMs(segment);
}

}  // namespace tailrace::log
