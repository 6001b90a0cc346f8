#include "log/gap.h"

#include <algorithm>
#include <cstring>

#include "log/compression.h"

namespace tailrace::log {
namespace {

constexpr size_t kSeqBytes = 8;
constexpr size_t kLostBytes = 8 + 8;
constexpr int64_t kRecordsPerBatch = 10'000;
constexpr int64_t kPlainRecordsMax = 16;  // more are compressed: their texts are nearly the same

std::string TextOf(int64_t offset, const std::string& quarantine) {
  std::string text = "\"lost: offset " + std::to_string(offset) + " was damaged and taken out by log repair";
  if (!quarantine.empty()) text += "; what was there is in " + quarantine;
  return text + "\"";
}

// The records of [first, end), the first with its number, the last with what is lost.
std::string RecordsOf(const Gap& gap, LostOffsets part) {
  std::string records;
  const int64_t first_seq = gap.seq - (gap.lost.end - 1 - part.first);
  for (int64_t offset = part.first; offset < part.end; ++offset) {
    const std::string text = TextOf(offset, gap.quarantine);
    RecordParts parts{static_cast<int32_t>(offset - part.first), std::nullopt, text};
    const bool with_seq = offset == part.first;
    const bool with_lost = offset + 1 == part.end;
    parts.header_count = int32_t{with_seq} + int32_t{with_lost};
    if (with_seq) parts.headers_size += HeaderSize(kSeqHeader, kSeqBytes);
    if (with_lost) parts.headers_size += HeaderSize(kLostHeader, kLostBytes);
    std::string record(RecordBytesMax(0, text.size()) + parts.headers_size, '\0');
    char* to = PutRecordStart(record.data(), parts);
    if (with_seq) {
      to = PutHeaderStart(to, kSeqHeader, kSeqBytes);
      StoreBig64(to, static_cast<uint64_t>(first_seq));
      to += kSeqBytes;
    }
    if (with_lost) {
      to = PutHeaderStart(to, kLostHeader, kLostBytes);
      StoreBig64(to, static_cast<uint64_t>(part.first));
      StoreBig64(to + 8, static_cast<uint64_t>(part.end));
      to += kLostBytes;
    }
    records.append(record.data(), static_cast<size_t>(to - record.data()));
  }
  return records;
}

Status AppendBatch(const Gap& gap, LostOffsets part, std::string* to) {
  BatchHeader header;
  header.base_offset = part.first;
  header.record_count = static_cast<int32_t>(part.end - part.first);
  header.last_offset_delta = header.record_count - 1;
  header.base_timestamp_ms = header.max_timestamp_ms = gap.timestamp_ms;
  const std::string records = RecordsOf(gap, part);
  std::string batch(kBatchHeaderBytes, '\0');
  if (header.record_count > kPlainRecordsMax) {
    ByteBuffer packed;
    TR_RETURN_IF_ERROR(Pack(Compression::kZstd, records, 0, &packed));
    batch += packed.view();
    header.attributes = static_cast<int16_t>(Compression::kZstd);
  } else {
    batch += records;
  }
  header.batch_length = static_cast<int32_t>(batch.size() - kBatchPrefixBytes);
  EncodeBatchHeader(header, batch.data());
  SealBatchCrc(batch.data(), batch.size());
  *to += batch;
  return {};
}

}  // namespace

Result<std::string> EncodeGap(const Gap& gap) {
  if (gap.lost.end - gap.lost.first > kLostRecordsMax) {
    return Fail(Error::Corruption("offsets " + std::to_string(gap.lost.first) + " to " +
                                  std::to_string(gap.lost.end - 1) + " would be lost; a repair takes out at most " +
                                  std::to_string(kLostRecordsMax)));
  }
  std::string bytes;
  for (int64_t at = gap.lost.first; at < gap.lost.end; at += kRecordsPerBatch) {
    TR_RETURN_IF_ERROR(AppendBatch(gap, {at, std::min(at + kRecordsPerBatch, gap.lost.end)}, &bytes));
  }
  return bytes;
}

std::optional<LostOffsets> LostOf(const RecordView& record) {
  const auto value = FindHeader(record, kLostHeader);
  if (!value || value->size() != kLostBytes) return std::nullopt;
  return LostOffsets{static_cast<int64_t>(LoadBig64(value->data())),
                     static_cast<int64_t>(LoadBig64(value->data() + 8))};
}

}  // namespace tailrace::log
