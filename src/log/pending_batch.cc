#include "log/pending_batch.h"

#include "log/compression.h"
#include "log/source_positions.h"

namespace tailrace::log {
namespace {

constexpr size_t kSeqBytes = 8;
constexpr size_t kHeaderOverheadMax = 2 * kVarintBytesMax + 16;  // two lengths and one of our names

size_t PositionBytesMax(const SourcePosition& position) {
  return position.source.size() + position.item.size() + position.detail.size() + 3 * kVarintBytesMax + 8;
}

char* PutHeader(char* to, std::string_view name, std::string_view value) {
  to = PutHeaderStart(to, name, value.size());
  std::memcpy(to, value.data(), value.size());
  return to + value.size();
}

char* PutKeyHeader(char* to, const PendingBatch::Keyed& keyed) {
  to = PutHeaderStart(to, kKeyHeader, kKeyHeaderBytes);
  StoreBig64(to, keyed.hash.high);
  StoreBig64(to + 8, keyed.hash.low);
  StoreBig64(to + 16, keyed.digest);
  StoreBig32(to + 24, static_cast<uint32_t>(keyed.records));
  return to + kKeyHeaderBytes;
}

}  // namespace

Result<KeyHeader> DecodeKeyHeader(std::string_view value) {
  ByteReader reader(value);
  KeyHeader header;
  header.hash.high = reader.Big64();
  header.hash.low = reader.Big64();
  header.digest = reader.Big64();
  header.records = static_cast<int32_t>(reader.Big32());
  if (!reader.ok() || reader.left() != 0) return Fail(Error::Corruption("not an idempotency key"));
  return header;
}

size_t PendingBatch::BytesMax(const AppendRequest& request) {
  size_t bytes = kBatchHeaderBytes + kHeaderOverheadMax + kSeqBytes + OriginWriter::BytesMax(request);
  for (const NewRecord& record : request.records) {
    bytes += RecordBytesMax(record.key ? record.key->size() : 0, record.value.size());
  }
  if (!request.idempotency_key.empty()) bytes += kHeaderOverheadMax + kKeyHeaderBytes;
  if (request.position != nullptr) bytes += kHeaderOverheadMax + PositionBytesMax(*request.position);
  return bytes;
}

void PendingBatch::Add(const AppendRequest& request, const KeyHash& hash, AppendWaiter* waiter) {
  const int32_t first = records_;
  const auto count = static_cast<int32_t>(request.records.size());
  const Keyed keyed{hash, request.idempotency_digest, first, count};
  std::string position;
  if (request.position != nullptr) position = SourcePositions::EncodeHeader(*request.position);
  const std::string_view origin = origins_.Next(request);

  char* to = bytes_.Reserve(BytesMax(request));
  if (records_ == 0) to += kBatchHeaderBytes;
  for (int32_t i = 0; i < count; ++i) {
    const NewRecord& record = request.records[static_cast<size_t>(i)];
    RecordParts parts{records_, record.key, record.value};
    const bool with_seq = records_ == 0;
    const bool with_origin = i == 0 && !origin.empty();
    const bool with_key = i + 1 == count && !request.idempotency_key.empty();
    const bool with_position = i + 1 == count && request.position != nullptr;
    parts.header_count = int32_t{with_seq} + int32_t{with_origin} + int32_t{with_key} + int32_t{with_position};
    if (with_seq) parts.headers_size += HeaderSize(kSeqHeader, kSeqBytes);
    if (with_origin) parts.headers_size += HeaderSize(kOriginHeader, origin.size());
    if (with_key) parts.headers_size += HeaderSize(kKeyHeader, kKeyHeaderBytes);
    if (with_position) parts.headers_size += HeaderSize(kSourceHeader, position.size());
    to = PutRecordStart(to, parts);
    if (with_seq) {
      to = PutHeaderStart(to, kSeqHeader, kSeqBytes);
      seq_at_ = static_cast<size_t>(to - bytes_.data());
      to += kSeqBytes;
    }
    if (with_origin) to = PutHeader(to, kOriginHeader, origin);
    if (with_key) to = PutKeyHeader(to, keyed);
    if (with_position) to = PutHeader(to, kSourceHeader, position);
    ++records_;
  }
  bytes_.set_end(to);
  waiting_.push_back({waiter, first});
  if (!request.idempotency_key.empty()) keyed_.push_back(keyed);
  if (request.position != nullptr) placed_.push_back({*request.position, records_ - 1});
}

void PendingBatch::AddMark(const SourcePosition& position, AppendWaiter* waiter) {
  waiting_.push_back({waiter, 0});
  placed_.push_back({position, 0});
}

Result<std::string_view> PendingBatch::Seal(BatchHeader header, Seq first_seq, Compression compression,
                                            ByteBuffer* packed) {
  StoreBig64(bytes_.data() + seq_at_, static_cast<uint64_t>(first_seq.value));
  ByteBuffer* batch = &bytes_;
  if (compression != Compression::kNone) {
    TR_RETURN_IF_ERROR(Pack(compression, bytes_.view().substr(kBatchHeaderBytes), kBatchHeaderBytes, packed));
    // A batch that does not shrink is kept as it is.
    if (packed->size() < bytes_.size()) {
      batch = packed;
      header.attributes = static_cast<int16_t>(compression);
    }
  }
  header.batch_length = static_cast<int32_t>(batch->size() - kBatchPrefixBytes);
  header.record_count = records_;
  header.last_offset_delta = records_ - 1;
  EncodeBatchHeader(header, batch->data());
  SealBatchCrc(batch->data(), batch->size());
  return batch->view();
}

void PendingBatch::Reset(size_t keep_bytes) {
  if (bytes_.capacity() > keep_bytes) bytes_.Free();
  bytes_.clear();
  seq_at_ = 0;
  records_ = 0;
  admitted_bytes_ = 0;
  waiting_.clear();
  keyed_.clear();
  repeated_.clear();
  placed_.clear();
  origins_.Reset();
}

}  // namespace tailrace::log
