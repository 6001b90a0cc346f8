#include "log/segment_index.h"

#include <algorithm>

#include "base/bytes.h"

namespace tailrace::log {
namespace {

constexpr size_t kOffsetEntryBytes = 8;
constexpr size_t kTimeEntryBytes = 12;

}  // namespace

void SegmentIndex::Note(int64_t last_offset, int64_t position, int64_t bytes, int64_t timestamp_ms) {
  const auto relative = static_cast<uint32_t>(last_offset - base_offset_);
  if (bytes_since_entry_ >= kIntervalBytes) {
    offsets_.push_back({relative, static_cast<uint32_t>(position)});
    if (times_.empty() || timestamp_ms > times_.back().timestamp_ms) times_.push_back({timestamp_ms, relative});
    bytes_since_entry_ = 0;
  }
  bytes_since_entry_ += bytes;
  newest_ms_ = std::max(newest_ms_, timestamp_ms);
  newest_offset_ = last_offset;
}

int64_t SegmentIndex::PositionOfOffset(int64_t offset) const {
  // The last entry whose batch ends at or before the offset.
  const auto after =
      std::upper_bound(offsets_.begin(), offsets_.end(), offset - base_offset_,
                       [](int64_t wanted, const OffsetEntry& entry) { return wanted < entry.last_offset; });
  return after == offsets_.begin() ? 0 : std::prev(after)->position;
}

int64_t SegmentIndex::PositionOfTime(int64_t timestamp_ms) const {
  const auto not_older =
      std::lower_bound(times_.begin(), times_.end(), timestamp_ms,
                       [](const TimeEntry& entry, int64_t wanted) { return entry.timestamp_ms < wanted; });
  return not_older == times_.begin() ? 0 : PositionOfOffset(base_offset_ + std::prev(not_older)->last_offset);
}

std::vector<int64_t> SegmentIndex::positions() const {
  std::vector<int64_t> positions;
  for (const OffsetEntry& entry : offsets_) positions.push_back(entry.position);
  return positions;
}

std::string SegmentIndex::EncodeOffsets() const {
  std::string bytes;
  for (const OffsetEntry& entry : offsets_) {
    AppendBig32(&bytes, entry.last_offset);
    AppendBig32(&bytes, entry.position);
  }
  return bytes;
}

std::string SegmentIndex::EncodeTimes() const {
  std::string bytes;
  for (const TimeEntry& entry : times_) {
    AppendBig64(&bytes, static_cast<uint64_t>(entry.timestamp_ms));
    AppendBig32(&bytes, entry.last_offset);
  }
  // As Kafka does when it closes a segment: the last entry is the newest time, so that retention need not read the
  // segment.
  if (newest_ms_ != 0 && (times_.empty() || newest_ms_ > times_.back().timestamp_ms)) {
    AppendBig64(&bytes, static_cast<uint64_t>(newest_ms_));
    AppendBig32(&bytes, static_cast<uint32_t>(newest_offset_ - base_offset_));
  }
  return bytes;
}

Result<SegmentIndex> SegmentIndex::Decode(int64_t base_offset, std::string_view offsets, std::string_view times) {
  const auto damaged = [] { return Fail(Error::Corruption("not an index")); };
  if (offsets.size() % kOffsetEntryBytes != 0 || times.size() % kTimeEntryBytes != 0 || times.empty()) return damaged();
  SegmentIndex index(base_offset);
  ByteReader offset_reader(offsets);
  while (offset_reader.left() != 0) {
    const OffsetEntry entry{offset_reader.Big32(), offset_reader.Big32()};
    if (!index.offsets_.empty() &&
        (entry.last_offset <= index.offsets_.back().last_offset || entry.position <= index.offsets_.back().position)) {
      return damaged();
    }
    index.offsets_.push_back(entry);
  }
  ByteReader time_reader(times);
  while (time_reader.left() != 0) {
    const int64_t timestamp_ms = time_reader.Signed64();
    const TimeEntry entry{timestamp_ms, time_reader.Big32()};
    if (!index.times_.empty() && entry.timestamp_ms <= index.times_.back().timestamp_ms) return damaged();
    index.times_.push_back(entry);
  }
  index.newest_ms_ = index.times_.back().timestamp_ms;
  index.newest_offset_ = base_offset + index.times_.back().last_offset;
  return index;
}

}  // namespace tailrace::log
