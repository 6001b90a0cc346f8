#include "log/record_batch.h"

#include "base/crc32c.h"

namespace tailrace::log {
namespace {

constexpr int16_t kKnownAttributes = 7;
constexpr size_t kCrcAt = 17;

bool KnownCompression(int16_t attributes) {
  const auto compression = static_cast<Compression>(attributes);
  return compression == Compression::kNone || compression == Compression::kLz4 || compression == Compression::kZstd;
}

}  // namespace

void EncodeBatchHeader(const BatchHeader& header, char* to) {
  StoreBig64(to, static_cast<uint64_t>(header.base_offset));
  StoreBig32(to + 8, static_cast<uint32_t>(header.batch_length));
  StoreBig32(to + 12, static_cast<uint32_t>(header.leader_epoch));
  to[16] = static_cast<char>(header.magic);
  StoreBig32(to + kCrcAt, header.crc);
  StoreBig16(to + 21, static_cast<uint16_t>(header.attributes));
  StoreBig32(to + 23, static_cast<uint32_t>(header.last_offset_delta));
  StoreBig64(to + 27, static_cast<uint64_t>(header.base_timestamp_ms));
  StoreBig64(to + 35, static_cast<uint64_t>(header.max_timestamp_ms));
  StoreBig64(to + 43, static_cast<uint64_t>(header.producer_id));
  StoreBig16(to + 51, static_cast<uint16_t>(header.producer_epoch));
  StoreBig32(to + 53, static_cast<uint32_t>(header.base_sequence));
  StoreBig32(to + 57, static_cast<uint32_t>(header.record_count));
}

BatchHeader DecodeBatchHeader(const char* from) {
  BatchHeader header;
  header.base_offset = static_cast<int64_t>(LoadBig64(from));
  header.batch_length = static_cast<int32_t>(LoadBig32(from + 8));
  header.leader_epoch = static_cast<int32_t>(LoadBig32(from + 12));
  header.magic = static_cast<int8_t>(from[16]);
  header.crc = LoadBig32(from + kCrcAt);
  header.attributes = static_cast<int16_t>(LoadBig16(from + 21));
  header.last_offset_delta = static_cast<int32_t>(LoadBig32(from + 23));
  header.base_timestamp_ms = static_cast<int64_t>(LoadBig64(from + 27));
  header.max_timestamp_ms = static_cast<int64_t>(LoadBig64(from + 35));
  header.producer_id = static_cast<int64_t>(LoadBig64(from + 43));
  header.producer_epoch = static_cast<int16_t>(LoadBig16(from + 51));
  header.base_sequence = static_cast<int32_t>(LoadBig32(from + 53));
  header.record_count = static_cast<int32_t>(LoadBig32(from + 57));
  return header;
}

std::string HeaderProblem(const BatchHeader& header, int64_t expected_offset) {
  const auto differs = [](std::string_view field, int64_t found, int64_t expected) {
    return std::string(field) + " is " + std::to_string(found) + ", expected " + std::to_string(expected);
  };
  if (header.magic != 2) return differs("magic", header.magic, 2);
  if (header.base_offset != expected_offset) return differs("base offset", header.base_offset, expected_offset);
  if (header.total_bytes() < static_cast<int64_t>(kBatchHeaderBytes) || header.total_bytes() > kBatchBytesMax) {
    return "batch length " + std::to_string(header.batch_length) + " is not possible";
  }
  if (header.leader_epoch != 0) return differs("leader epoch", header.leader_epoch, 0);
  if ((header.attributes & ~kKnownAttributes) != 0 || !KnownCompression(header.attributes)) {
    return "attributes " + std::to_string(header.attributes) + " are not known";
  }
  if (header.record_count < 1) return "record count is " + std::to_string(header.record_count);
  if (header.last_offset_delta != header.record_count - 1) {
    return differs("last offset delta", header.last_offset_delta, header.record_count - 1);
  }
  return {};
}

void SealBatchCrc(char* batch, size_t size) {
  StoreBig32(batch + kCrcAt, Crc32c({batch + kBatchCrcFrom, size - kBatchCrcFrom}));
}

bool BatchCrcHolds(std::string_view batch) {
  return LoadBig32(batch.data() + kCrcAt) == Crc32c(batch.substr(kBatchCrcFrom));
}

bool RecordCursor::Next(RecordView* record) {
  if (broken_ || seen_ == count_) return false;
  ByteReader body(reader_.Bytes(reader_.Varint()));
  body.U8();      // attributes: none are in use
  body.Varint();  // timestamp delta: a batch has one time
  record->offset_delta = static_cast<int32_t>(body.Varint());
  const int64_t key_size = body.Varint();
  record->key.reset();
  if (key_size >= 0) record->key = body.Bytes(key_size);
  const int64_t value_size = body.Varint();
  record->value = value_size < 0 ? std::string_view() : body.Bytes(value_size);
  const int64_t header_count = body.Varint();
  const size_t headers_size = body.left();
  record->headers = body.Bytes(static_cast<int64_t>(headers_size));
  if (!reader_.ok() || !body.ok() || record->offset_delta != seen_ || header_count < 0 ||
      header_count > static_cast<int64_t>(headers_size)) {
    broken_ = true;
    return false;
  }
  record->header_count = static_cast<int32_t>(header_count);
  ++seen_;
  return true;
}

std::optional<std::string_view> FindHeader(const RecordView& record, std::string_view name) {
  ByteReader reader(record.headers);
  for (int32_t i = 0; i < record.header_count && reader.ok(); ++i) {
    const std::string_view key = reader.Text();
    const std::string_view value = reader.Text();
    if (reader.ok() && key == name) return value;
  }
  return std::nullopt;
}

Result<int64_t> FirstSeqOf(const RecordView& first) {
  const auto seq = FindHeader(first, kSeqHeader);
  if (!seq || seq->size() != sizeof(int64_t)) return Fail(Error::Corruption("the first record has no sequence number"));
  return static_cast<int64_t>(LoadBig64(seq->data()));
}

size_t HeaderSize(std::string_view name, size_t value_size) {
  return VarintSize(static_cast<int64_t>(name.size())) + name.size() + VarintSize(static_cast<int64_t>(value_size)) +
         value_size;
}

char* PutHeaderStart(char* to, std::string_view name, size_t value_size) {
  to = PutVarint(to, static_cast<int64_t>(name.size()));
  std::memcpy(to, name.data(), name.size());
  return PutVarint(to + name.size(), static_cast<int64_t>(value_size));
}

char* PutRecordStart(char* to, const RecordParts& record) {
  const int64_t key_size = record.key ? static_cast<int64_t>(record.key->size()) : -1;
  const auto value_size = static_cast<int64_t>(record.value.size());
  const size_t key_bytes = record.key ? record.key->size() : 0;
  const size_t body = 1 + 1 + VarintSize(record.offset_delta) + VarintSize(key_size) + key_bytes +
                      VarintSize(value_size) + record.value.size() + VarintSize(record.header_count) +
                      record.headers_size;
  to = PutVarint(to, static_cast<int64_t>(body));
  *to++ = 0;  // attributes
  *to++ = 0;  // timestamp delta
  to = PutVarint(to, record.offset_delta);
  to = PutVarint(to, key_size);
  if (key_bytes != 0) std::memcpy(to, record.key->data(), key_bytes);
  to += key_bytes;
  to = PutVarint(to, value_size);
  if (!record.value.empty()) std::memcpy(to, record.value.data(), record.value.size());
  return PutVarint(to + record.value.size(), record.header_count);
}

}  // namespace tailrace::log
