#include "log/gap.h"

#include <algorithm>
#include <cstring>

namespace tailrace::log {
namespace {

constexpr size_t kLostBytes = 8 + 8;
constexpr int64_t kEmptyBatchOffsetsMax = INT32_MAX;

BatchHeader HeaderOf(int64_t base_offset, int64_t offsets, int64_t timestamp_ms, size_t bytes) {
  BatchHeader header;
  header.base_offset = base_offset;
  header.last_offset_delta = static_cast<int32_t>(offsets - 1);
  header.base_timestamp_ms = header.max_timestamp_ms = timestamp_ms;
  header.batch_length = static_cast<int32_t>(bytes - kBatchPrefixBytes);
  return header;
}

void AppendSealed(BatchHeader header, std::string batch, std::string* to) {
  EncodeBatchHeader(header, batch.data());
  SealBatchCrc(batch.data(), batch.size());
  *to += batch;
}

std::string TextOf(const Gap& gap) {
  const auto last = gap.lost.end - 1;
  std::string text = "\"lost: ";
  text += gap.lost.first == last
              ? "offset " + std::to_string(last) + " was"
              : "offsets " + std::to_string(gap.lost.first) + " to " + std::to_string(last) + " were";
  text += " damaged and taken out by log repair";
  if (!gap.quarantine.empty()) text += "; what was there is in " + gap.quarantine;
  return text + "\"";
}

std::string MarkerBatch(const Gap& gap) {
  const std::string text = TextOf(gap);
  RecordParts parts{0, std::nullopt, text};
  parts.header_count = 2;
  parts.headers_size = HeaderSize(kSeqHeader, 8) + HeaderSize(kLostHeader, kLostBytes);
  std::string batch(kBatchHeaderBytes + RecordBytesMax(0, text.size()) + parts.headers_size, '\0');
  char* to = PutRecordStart(batch.data() + kBatchHeaderBytes, parts);
  to = PutHeaderStart(to, kSeqHeader, 8);
  StoreBig64(to, static_cast<uint64_t>(gap.seq));
  to = PutHeaderStart(to + 8, kLostHeader, kLostBytes);
  StoreBig64(to, static_cast<uint64_t>(gap.lost.first));
  StoreBig64(to + 8, static_cast<uint64_t>(gap.lost.end));
  batch.resize(static_cast<size_t>(to + kLostBytes - batch.data()));
  return batch;
}

}  // namespace

std::string EncodeGap(const Gap& gap) {
  std::string bytes;
  const int64_t last = gap.lost.end - 1;
  for (int64_t at = gap.lost.first; at < last;) {
    const int64_t offsets = std::min(last - at, kEmptyBatchOffsetsMax);
    AppendSealed(HeaderOf(at, offsets, gap.timestamp_ms, kBatchHeaderBytes), std::string(kBatchHeaderBytes, '\0'),
                 &bytes);
    at += offsets;
  }
  std::string marker = MarkerBatch(gap);
  BatchHeader header = HeaderOf(last, 1, gap.timestamp_ms, marker.size());
  header.record_count = 1;
  AppendSealed(header, std::move(marker), &bytes);
  return bytes;
}

std::optional<LostOffsets> LostOf(const RecordView& record) {
  const auto value = FindHeader(record, kLostHeader);
  if (!value || value->size() != kLostBytes) return std::nullopt;
  return LostOffsets{static_cast<int64_t>(LoadBig64(value->data())),
                     static_cast<int64_t>(LoadBig64(value->data() + 8))};
}

}  // namespace tailrace::log
