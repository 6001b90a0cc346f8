#include "log/inspect.h"

#include "base/utf8.h"
#include "log/batch_scanner.h"
#include "log/compression.h"
#include "log/origin_header.h"
#include "log/partition_files.h"
#include "log/source_positions.h"

namespace tailrace::log {
namespace {

constexpr size_t kShownValueBytesMax = 200;

std::string OriginText(const OriginRun& run) {
  const Origin& origin = run.origin;
  if (origin.kind == OriginKind::kUnknown) return "unknown";
  std::string text = origin.kind == OriginKind::kSource ? "source " : "door ";
  text += origin.name;
  if (!origin.client.empty()) text += ", client " + std::string(origin.client);
  if (!origin.item.empty()) text += ", " + std::string(origin.item);
  const std::string request = origin.RequestId();
  if (!request.empty()) text += ", request " + request;
  if (origin.unit != PlaceUnit::kNone) text += ", " + std::string(PlaceUnitName(origin.unit)) + " " + std::to_string(run.place);
  return text;
}

Result<std::vector<InspectedRecord>> TakeRecords(const BatchHeader& header, std::string_view bytes,
                                                 int64_t* first_seq) {
  std::string_view records = bytes.substr(kBatchHeaderBytes);
  std::string unpacked;
  if (header.compression() != Compression::kNone) {
    TR_TRY(unpacked, Unpack(header.compression(), records, 0));
    records = unpacked;
  }
  std::vector<InspectedRecord> taken;
  std::vector<OriginRun> runs;
  RecordCursor cursor(records, header.record_count);
  RecordView record;
  while (cursor.Next(&record)) {
    if (const auto seq = FindHeader(record, kSeqHeader); seq && seq->size() == 8)
      *first_seq = static_cast<int64_t>(LoadBig64(seq->data()));
    InspectedRecord shown{header.base_offset + record.offset_delta,
                          *first_seq + record.offset_delta,
                          std::nullopt,
                          std::string(record.value),
                          std::nullopt,
                          std::nullopt,
                          {}};
    if (record.key) shown.key = std::string(*record.key);
    if (const auto key = FindHeader(record, kKeyHeader)) {
      TR_TRY(shown.idempotency, DecodeKeyHeader(*key));
    }
    if (const auto source = FindHeader(record, kSourceHeader)) {
      TR_TRY(shown.position, SourcePositions::DecodeHeader(*source));
    }
    if (const auto origin = FindHeader(record, kOriginHeader)) {
      TR_RETURN_IF_ERROR(ReadOrigin(*origin, Offset{shown.offset}, &runs));
      shown.origin = OriginText(runs.back());
    }
    taken.push_back(std::move(shown));
  }
  if (!cursor.ok()) return Fail(Error::Corruption("the records are not what the header says"));
  return taken;
}

InspectedBatch Inspect(const SegmentFile& segment, const BatchScanner& scanner, bool with_records) {
  InspectedBatch batch{segment.path, scanner.position(), scanner.header(), 0, {}, {}};
  auto records = TakeRecords(scanner.header(), scanner.bytes(), &batch.first_seq);
  if (!records) {
    batch.problem = records.error().message();
  } else if (with_records) {
    batch.records = std::move(*records);
  }
  return batch;
}

Status InspectSegment(FileSystem& files, const SegmentFile& segment, const InspectOptions& options,
                      Inspection* inspection) {
  TR_TRY(const auto file, files.Open(segment.path, OpenMode::kRead));
  BatchScanner scanner(*file, 0, segment.bytes, segment.base_offset);
  while (true) {
    TR_TRY(const BatchScanner::Outcome outcome, scanner.Next());
    if (outcome == BatchScanner::Outcome::kEnd) return {};
    if (outcome == BatchScanner::Outcome::kBatch && scanner.header().end_offset() <= options.from) continue;
    if (std::ssize(inspection->batches) >= options.batches_max) {
      inspection->more = true;
      return {};
    }
    if (outcome == BatchScanner::Outcome::kBatch) {
      inspection->batches.push_back(Inspect(segment, scanner, options.records));
      continue;
    }
    inspection->batches.push_back({segment.path, scanner.position(), {}, 0, scanner.problem(), {}});
    TR_TRY(const bool found, scanner.SkipDamage());
    if (!found) return {};
  }
}

std::string_view CompressionName(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "none";
    case Compression::kLz4:
      return "lz4";
    case Compression::kZstd:
      return "zstd";
  }
  return "unknown";
}

std::string Shown(std::string_view value) {
  std::string text = ShownText(value, kShownValueBytesMax);
  if (value.size() > kShownValueBytesMax) text += " (" + std::to_string(value.size()) + " bytes)";
  return text;
}

std::string RenderRecord(const InspectedRecord& record) {
  std::string text = "    offset " + std::to_string(record.offset) + " seq " + std::to_string(record.seq);
  if (record.key) text += " key " + Shown(*record.key);
  text += ": " + Shown(record.value) + "\n";
  if (!record.origin.empty()) text += "        from here on: " + Shown(record.origin) + "\n";
  if (record.idempotency) {
    text += "        idempotency key of the last " + std::to_string(record.idempotency->records) + " records\n";
  }
  if (record.position) {
    text += "        source " + Shown(record.position->source) + ", item " + Shown(record.position->item) + ", next " +
            std::to_string(record.position->next) + "\n";
  }
  return text;
}

std::string RenderBatch(const InspectedBatch& batch) {
  std::string text = "  byte " + std::to_string(batch.byte) + ": ";
  if (!batch.problem.empty()) return text + "damaged: " + batch.problem + "\n";
  const BatchHeader& header = batch.header;
  text += "offsets " + std::to_string(header.base_offset) + " to " + std::to_string(header.end_offset() - 1) +
          ", seq from " + std::to_string(batch.first_seq) + ", time " + std::to_string(header.base_timestamp_ms) +
          " ms, " + std::to_string(header.total_bytes()) + " bytes, compression " +
          std::string(CompressionName(header.compression())) + "\n";
  for (const InspectedRecord& record : batch.records) text += RenderRecord(record);
  return text;
}

}  // namespace

Result<Inspection> InspectLog(FileSystem& files, const std::string& path, const InspectOptions& options) {
  TR_TRY(const auto partitions, FindPartitions(files, path));
  Inspection inspection;
  for (const PartitionFiles& partition : partitions) {
    for (size_t i = 0; i < partition.segments.size() && !inspection.more; ++i) {
      if (i + 1 < partition.segments.size() && partition.segments[i + 1].base_offset <= options.from) continue;
      TR_RETURN_IF_ERROR(InspectSegment(files, partition.segments[i], options, &inspection));
    }
  }
  return inspection;
}

std::string RenderInspection(const Inspection& inspection) {
  std::string text;
  const std::string* file = nullptr;
  for (const InspectedBatch& batch : inspection.batches) {
    if (file == nullptr || *file != batch.file) text += batch.file + "\n";
    file = &batch.file;
    text += RenderBatch(batch);
  }
  if (inspection.more) text += "more batches follow\n";
  return text;
}

}  // namespace tailrace::log
