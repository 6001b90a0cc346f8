// Kafka's RecordBatch, version 2, byte for byte, as drawn in docs/formats/log.md.
// Source of the format: kafka.apache.org/documentation/#recordbatch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace tailrace::log {

// Attribute bits 0 to 2 of a batch.
enum class Compression : int16_t { kNone = 0, kLz4 = 3, kZstd = 4 };

inline constexpr size_t kBatchHeaderBytes = 61;
// Base offset and batch length: what stands before the bytes that the length counts.
inline constexpr size_t kBatchPrefixBytes = 12;
// The checksum covers everything from here on.
inline constexpr size_t kBatchCrcFrom = 21;
// A batch of more bytes than this is damage, not data.
inline constexpr int64_t kBatchBytesMax = int64_t{1} << 30;

struct BatchHeader {
  int64_t base_offset = 0;
  int32_t batch_length = 0;  // of everything after this field
  int32_t leader_epoch = 0;  // always 0 here
  int8_t magic = 2;
  uint32_t crc = 0;
  int16_t attributes = 0;  // compression; no other bit is set
  int32_t last_offset_delta = 0;
  int64_t base_timestamp_ms = 0;
  int64_t max_timestamp_ms = 0;  // the same: a batch has one time
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  int32_t base_sequence = -1;
  int32_t record_count = 0;

  int64_t total_bytes() const { return int64_t{batch_length} + static_cast<int64_t>(kBatchPrefixBytes); }
  int64_t end_offset() const { return base_offset + last_offset_delta + 1; }
  Compression compression() const { return static_cast<Compression>(attributes & 7); }
};

// `to` has kBatchHeaderBytes.
void EncodeBatchHeader(const BatchHeader& header, char* to);
// `from` has kBatchHeaderBytes.
BatchHeader DecodeBatchHeader(const char* from);

// What is wrong with the header's values, empty when nothing is. The checksum does not cover the first four fields, so
// these are the only guard of them.
std::string HeaderProblem(const BatchHeader& header, int64_t expected_offset);

// Sets the checksum of a whole batch.
void SealBatchCrc(char* batch, size_t size);
bool BatchCrcHolds(std::string_view batch);

// Names of record headers that are ours.
inline constexpr std::string_view kSeqHeader = "_seq";        // first record of a batch: `_seq` of it, 8 bytes
inline constexpr std::string_view kKeyHeader = "_idem";       // last record of a request: its idempotency key
inline constexpr std::string_view kSourceHeader = "_source";  // last record of a request: a source position
inline constexpr std::string_view kLostHeader = "_lost";      // last of the records that stand for lost ones: which; see gap.h

struct RecordView {
  int32_t offset_delta = 0;
  std::optional<std::string_view> key;
  std::string_view value;
  std::string_view headers;  // encoded
  int32_t header_count = 0;
};

// Walks over the (uncompressed) records of a batch.
//
//   RecordCursor cursor(records, header.record_count);
//   RecordView record;
//   while (cursor.Next(&record)) ...
//   if (!cursor.ok()) ...
class RecordCursor {
 public:
  RecordCursor(std::string_view records, int32_t count) : reader_(records), count_(count) {}

  bool Next(RecordView* record);
  // Whether all records were there, whole, and nothing else. To be asked after the last Next.
  bool ok() const { return !broken_ && seen_ == count_ && reader_.left() == 0; }

 private:
  ByteReader reader_;
  const int32_t count_;
  int32_t seen_ = 0;
  bool broken_ = false;
};

// The value of a record's header; nullopt when it has none of this name.
std::optional<std::string_view> FindHeader(const RecordView& record, std::string_view name);

// `_seq` of a batch's first record, out of its header. kCorruption: it has none.
Result<int64_t> FirstSeqOf(const RecordView& first);

// Bytes of a header in a record.
size_t HeaderSize(std::string_view name, size_t value_size);
// Writes a header up to its value, which the caller writes at the returned place.
char* PutHeaderStart(char* to, std::string_view name, size_t value_size);

// The bytes a record takes at most, its headers not counted.
inline size_t RecordBytesMax(size_t key_size, size_t value_size) {
  return key_size + value_size + 5 * kVarintBytesMax + 1;
}

struct RecordParts {
  int32_t offset_delta = 0;
  std::optional<std::string_view> key;
  std::string_view value;
  int32_t header_count = 0;
  size_t headers_size = 0;
};

// Writes a record up to its headers, which the caller writes at the returned place.
char* PutRecordStart(char* to, const RecordParts& record);

}  // namespace tailrace::log
