#include "log/batch_knowledge.h"

#include <algorithm>
#include <string>

#include "log/compression.h"
#include "log/pending_batch.h"

namespace tailrace::log {
namespace {

Status TakeHeaders(const BatchHeader& header, const RecordView& record, int64_t batch_seq, BatchKnowledge* known) {
  if (const auto value = FindHeader(record, kKeyHeader)) {
    TR_TRY(const KeyHeader key, DecodeKeyHeader(*value));
    const int64_t first = record.offset_delta - key.records + 1;
    known->keys.push_back({key.hash, key.digest, Offset{header.base_offset + first}, Seq{batch_seq + first},
                           key.records, header.base_timestamp_ms});
  }
  if (const auto lost = LostOf(record)) known->lost.push_back(*lost);
  if (const auto value = FindHeader(record, kSourceHeader)) {
    TR_TRY(SourcePosition position, SourcePositions::DecodeHeader(*value));
    known->positions.Put({std::move(position), header.base_offset + record.offset_delta});
  }
  return {};
}

void CountOrigins(const BatchHeader& header, std::string_view records, std::vector<OriginCount>* counts) {
  int64_t end = header.end_offset();
  std::vector<OriginRun> runs = ReadOrigins(records, header.base_offset, header.record_count);
  for (; !runs.empty(); runs.pop_back()) {
    AddTo(counts, runs.back().origin.name, end - runs.back().first.value);
    end = runs.back().first.value;
  }
  if (end > header.base_offset) AddTo(counts, "", end - header.base_offset);
}

}  // namespace

Status BatchKnowledge::Take(const BatchHeader& header, std::string_view records) {
  newest_ms = std::max(newest_ms, header.base_timestamp_ms);
  std::string unpacked;
  if (header.compression() != Compression::kNone) {
    TR_TRY(unpacked, Unpack(header.compression(), records, 0));
    records = unpacked;
  }
  RecordCursor cursor(records, header.record_count);
  RecordView record;
  int64_t seq = 0;
  while (cursor.Next(&record)) {
    if (record.offset_delta == 0) {
      TR_TRY(seq, FirstSeqOf(record));
    }
    if (record.header_count == 0) continue;
    TR_RETURN_IF_ERROR(TakeHeaders(header, record, seq, this));
  }
  if (!cursor.ok()) return Fail(Error::Corruption("the records are not what the header says"));
  CountOrigins(header, records, &origins);
  next_seq = std::max(next_seq, seq + header.record_count);
  return {};
}

}  // namespace tailrace::log
