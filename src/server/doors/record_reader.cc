#include "server/doors/record_reader.h"

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "engine/dead_letter.h"
#include "model/csv_reader.h"
#include "model/json_text.h"
#include "model/partitioner.h"
#include "server/http/content_coding.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr size_t kIdempotencyKeyBytesMax = 256;
constexpr int64_t kRecordsBetweenCharges = 1024;
// A refused record's fault and its dead letter, beside its own text twice.
constexpr size_t kRefusedCost = 1024;

Reply BodyFaultReply(const BodyFault& fault) {
  std::string details;
  if (fault.byte) {
    JsonWriter(details).BeginObject().Int("byte", static_cast<int64_t>(*fault.byte)).EndObject();
  }
  return ErrorReply(fault.status, {"invalid_body", fault.message, fault.hint, details});
}

Reply NotJsonReply(std::string_view body, size_t byte, const Fault& fault) {
  BodyFault answer{400, "not JSON: expected " + fault.expected + ", found " + fault.found, "", byte};
  if (byte < body.size() && body.find('\n') != std::string_view::npos && body[byte] == '{') {
    answer.hint = "for several objects, one a line, send Content-Type: application/x-ndjson";
  }
  return BodyFaultReply(answer);
}

Reply TooManyRecords(const Limits& limits) {
  return ErrorReply(413, "too_large",
                    "more than " + std::to_string(limits.records_per_request_max) + " records in a request");
}

Reply MemoryIsFull() { return BusyReply("the bodies of other requests fill the memory set aside for them"); }

bool HasLineBreak(std::string_view text) {
  return std::memchr(text.data(), '\n', text.size()) != nullptr ||
         std::memchr(text.data(), '\r', text.size()) != nullptr;
}

// The record as it is stored: one line.
std::string_view AsOneLine(std::string_view json, TextArena& texts) {
  if (!HasLineBreak(json)) return json;
  const std::string_view copy = texts.Copy(json);
  ReplaceLineBreaks(const_cast<char*>(copy.data()), copy.size());
  return copy;
}

}  // namespace

RecordReader::RecordReader(const Services& services, const Limits& limits, ByteBudget& body_bytes, uint32_t first_turn,
                           std::vector<RecordDecoder> decoders)
    : services_(services), limits_(limits), body_bytes_(body_bytes) {
  for (size_t i = 0; i < decoders.size(); ++i) {
    streams_.push_back({std::move(decoders[i]), services.pipeline.streams[i].partitions, first_turn});
  }
}

std::optional<Reply> RecordReader::Read(IngestCall& call) {
  Options options;
  if (auto refusal = ReadRequest(call, options)) return refusal;
  for (const DoorTarget& target : call.door->targets) {
    if (!call.dry_run) ++streams_[target.stream].turn;
  }
  if (options.atomic && call.rejected > 0) {
    call.rejected += call.accepted;
    call.accepted = 0;
    for (size_t i = 0; i < call.parts_used; ++i) call.parts[i]->records.clear();
    call.parts_used = 0;
  }
  return std::nullopt;
}

std::optional<Reply> RecordReader::ReadRequest(IngestCall& call, Options& options) {
  const Request& request = call.exchange->request();
  if (call.RepeatKey().size() > kIdempotencyKeyBytesMax) {
    return ErrorReply(400, "invalid_idempotency_key",
                      "Idempotency-Key is longer than " + std::to_string(kIdempotencyKeyBytesMax) + " bytes");
  }
  if (request.Has(HeaderField::kIdempotencyKey) && request.Header(HeaderField::kIdempotencyKey).empty()) {
    return ErrorReply(400, "invalid_idempotency_key", "Idempotency-Key is empty");
  }
  if (!call.door->is_custom && call.door->envelope == nullptr && !request.query.empty()) {
    if (auto refusal = ReadOptions(call, options)) return refusal;
  }
  return ReadBody(call);
}

std::optional<Reply> RecordReader::ReadOptions(IngestCall& call, Options& options) {
  auto params = call.exchange->request().QueryParams();
  if (!params) return ErrorReply(params.error());
  for (const auto& [name, value] : *params) {
    bool* const option = name == "atomic" ? &options.atomic : name == "dry_run" ? &call.dry_run : nullptr;
    if (option == nullptr) return ErrorReply(400, "unknown_parameter", "there is no parameter \"" + name + "\"; there are atomic and dry_run");
    if (value != "true" && value != "false") return ErrorReply(400, "invalid_parameter", name + " is true or false");
    *option = value == "true";
  }
  return std::nullopt;
}

std::optional<Reply> RecordReader::ReadBody(IngestCall& call) {
  const Request& request = call.exchange->request();
  const auto coding = ParseContentCoding(request.Header(HeaderField::kContentEncoding));
  if (!coding) return ErrorReply(415, "unsupported_coding", "Content-Encoding is gzip or zstd");
  if (*coding != ContentCoding::kIdentity) {
    auto expanded = Expand(*coding, call.body, limits_.body_bytes_max, RecordDecoder::kPadding);
    if (!expanded) {
      const bool too_large = expanded.error().code() == ErrorCode::kExhausted;
      return ErrorReply(too_large ? 413 : 400, too_large ? "too_large" : "invalid_body", expanded.error().message());
    }
    if (!Charge(call, expanded->size())) return MemoryIsFull();
    call.expanded = std::move(*expanded);
    call.body = std::string_view(call.expanded).substr(0, call.expanded.size() - RecordDecoder::kPadding);
  }
  if (call.door->envelope != nullptr) return ReadWrapped(call);
  const auto format = DetectBodyFormat(request.Header(HeaderField::kContentType), call.body);
  if (!format) {
    return ErrorReply(415, "unsupported_media_type",
                      "the body cannot be read as " + std::string(request.Header(HeaderField::kContentType)),
                      "send application/json, application/x-ndjson or text/csv, in UTF-8");
  }
  switch (*format) {
    case BodyFormat::kJson:
      return ReadJson(call);
    case BodyFormat::kLines:
      return ReadLines(call);
    case BodyFormat::kCsv:
      return ReadCsv(call, false);
    case BodyFormat::kLatin1Csv:
      return ReadCsv(call, true);
  }
  return std::nullopt;
}

std::optional<Reply> RecordReader::ReadJson(IngestCall& call) {
  Fault malformed;
  if (!call.body.empty() && call.body.front() == '{' && call.body.back() == '}') {  // by far the most common
    if (Take(call, call.body, {0, 0, call.body}, &malformed)) return std::nullopt;
    return NotJsonReply(call.body, malformed.byte, malformed);
  }
  auto elements = SplitJsonBody(call.body, limits_.records_per_request_max + 1);
  if (!elements) return BodyFaultReply(elements.error());
  if (elements->size() > limits_.records_per_request_max) {
    return TooManyRecords(limits_);
  }
  if (!Charge(call, elements->size() * sizeof(JsonPart))) return MemoryIsFull();
  int64_t record = 0;
  for (const JsonPart& element : *elements) {
    if (record % kRecordsBetweenCharges == 0 && !ChargeForRecords(call)) return MemoryIsFull();
    if (!Take(call, element.text, {record++, 0, element.text}, &malformed))
      return NotJsonReply(call.body, element.byte + malformed.byte, malformed);
  }
  return std::nullopt;
}

std::optional<Reply> RecordReader::ReadLines(IngestCall& call) {
  const std::vector<JsonPart> lines = SplitLines(call.body, limits_.records_per_request_max + 1);
  if (lines.size() > limits_.records_per_request_max) {
    return TooManyRecords(limits_);
  }
  if (!Charge(call, lines.size() * sizeof(JsonPart))) return MemoryIsFull();
  if (lines.empty()) return BodyFaultReply({400, "the body is empty", "", 0});
  int64_t record = 0;
  for (const JsonPart& line : lines) {
    if (record % kRecordsBetweenCharges == 0 && !ChargeForRecords(call)) return MemoryIsFull();
    Fault malformed;
    const RecordPlace place{record++, line.line, line.text};
    if (!Take(call, line.text, place, &malformed))
      Reject(call, place, {call.door->targets.front().stream, {}, std::move(malformed)});
  }
  return std::nullopt;
}

std::optional<Reply> RecordReader::ReadCsv(IngestCall& call, bool latin1) {
  CsvOptions options;
  options.latin1 = latin1;
  const size_t stream = call.door->targets.front().stream;
  CsvReader reader(services_.pipeline.streams[stream].schema, options);
  size_t at = 0;
  int64_t lines = 0;
  if (auto header = reader.ReadHeader(call.body, true, &at, &lines); !header) {
    return BodyFaultReply({400, header.error().message(), "the first line names the columns", std::nullopt});
  }
  CsvRow row;
  std::string json;
  int64_t record = 0;
  while (true) {
    if (record % kRecordsBetweenCharges == 0 && !ChargeForRecords(call)) return MemoryIsFull();
    json.clear();
    const CsvStep step = reader.Next(call.body.substr(at), true, &row, &json);
    const RecordPlace place{record, lines + row.lines_before + 1,
                            call.body.substr(at + row.begin, row.end - row.begin)};
    at += row.next;
    lines += row.lines;
    if (step == CsvStep::kMore) return std::nullopt;
    if (static_cast<size_t>(record) == limits_.records_per_request_max) return TooManyRecords(limits_);
    Fault fault;
    if (step == CsvStep::kRow) {
      const std::span<char> stored = call.texts.Make(json.size() + RecordDecoder::kPadding);
      std::memcpy(stored.data(), json.data(), json.size());
      std::memset(stored.data() + json.size(), 0, RecordDecoder::kPadding);
      if (!Take(call, {stored.data(), json.size()}, place, &fault)) Reject(call, place, {stream, {}, std::move(fault)});
    } else {
      Reject(call, place, {stream, {}, Fault{"", "a row of CSV", row.fault, true}});
    }
    if (step == CsvStep::kLongLine) {
      const size_t end = std::min(call.body.find('\n', at), call.body.size());
      at = std::min(end + 1, call.body.size());
      ++lines;
    }
    ++record;
  }
}

std::optional<Reply> RecordReader::ReadWrapped(IngestCall& call) {
  Unwrapped unwrapped;
  const UnwrapLimits limits{limits_.records_per_request_max};
  if (auto refusal = call.door->envelope->Unwrap(call.exchange->request(), call.body, limits, call.texts, &unwrapped)) return refusal;
  if (unwrapped.caller != nullptr) call.caller = unwrapped.caller;
  if (unwrapped.stream) call.door = &call.door->by_stream[*unwrapped.stream];
  if (unwrapped.records.size() > limits_.records_per_request_max) return TooManyRecords(limits_);
  if (!Charge(call, unwrapped.records.size() * (sizeof(WrappedRecord) + sizeof(RecordOutcome)))) return MemoryIsFull();
  int64_t record = 0;
  for (const WrappedRecord& wrapped : unwrapped.records) {
    if (record % kRecordsBetweenCharges == 0 && !ChargeForRecords(call)) return MemoryIsFull();
    TakeWrapped(call, wrapped, record++);
  }
  return std::nullopt;
}

void RecordReader::TakeWrapped(IngestCall& call, const WrappedRecord& wrapped, int64_t record) {
  const size_t stream = call.door->targets.front().stream;
  const int32_t partitions = streams_[stream].partitions;
  RecordPlace place{record, 0, wrapped.value, wrapped.key, std::nullopt};
  if (!wrapped.refusal.empty()) return Reject(call, place, {stream, {}, Fault{"", "a record", wrapped.refusal}});
  if (wrapped.partition && (*wrapped.partition < 0 || *wrapped.partition >= partitions)) {
    const std::string there_are = "a partition from 0 to " + std::to_string(partitions - 1);
    return Reject(call, place, {stream, {}, Fault{"", there_are, std::to_string(*wrapped.partition)}});
  }
  if (wrapped.partition) place.partition = PartitionId{static_cast<int32_t>(*wrapped.partition)};
  Fault malformed;
  if (!Take(call, wrapped.value, place, &malformed)) Reject(call, place, {stream, {}, std::move(malformed)});
}

bool RecordReader::Take(IngestCall& call, std::string_view json, const RecordPlace& place, Fault* malformed) {
  taken_.clear();
  for (const DoorTarget& target : call.door->targets) {
    Refusal refusal{target.stream, {}, {}};
    if (TakePart(call, target, json, place, &refusal)) continue;
    if (refusal.fault.malformed) {
      *malformed = std::move(refusal.fault);
      return false;
    }
    Reject(call, place, std::move(refusal));
    return true;
  }
  if (call.door->envelope != nullptr) {
    const AppendPart* part = taken_.front().part;
    call.outcomes.push_back({part, static_cast<int64_t>(part->records.size())});
  }
  for (TakenPart& taken : taken_) {
    taken.record.place = place.record;
    taken.part->records.push_back(taken.record);
  }
  ++call.accepted;
  return true;
}

bool RecordReader::TakePart(IngestCall& call, const DoorTarget& target, std::string_view json, const RecordPlace& place, Refusal* refusal) {
  Fault* fault = &refusal->fault;
  if (!target.pointer.empty()) {
    JsonDocument document;
    if (const auto error = document.Parse(json)) {
      *fault = {"", "JSON", error->reason, true, error->byte};
      return false;
    }
    const auto part = document.Find(target.pointer);
    if (!part) {
      *fault = {target.pointer, "a JSON object", "nothing"};
      return false;
    }
    json = *part;
  }
  StreamState& state = streams_[target.stream];
  if (auto decoded = state.decoder.Decode(json, nullptr); !decoded) {
    *fault = std::move(decoded).error();
    refusal->part = json;
    // In a record that goes whole the place is that of the record; else that of the part, which is what is kept for this stream.
    fault->pointer = target.pointer + fault->pointer;
    return false;
  }
  NewRecord record{AsOneLine(json, call.texts), std::nullopt};
  const auto key = state.decoder.key();
  if (key) record.key = call.texts.Copy(*key);  // the decoder's own is gone with the next record
  const bool has_key = !services_.pipeline.streams[target.stream].key.empty();
  if (!has_key) record.key = place.key;
  const auto asked = has_key ? std::nullopt : place.partition;
  taken_.push_back({&call.PartFor(target.stream, PickPartition(call, state, asked, record.key)), record});
  return true;
}

void RecordReader::Reject(IngestCall& call, const RecordPlace& place, Refusal refusal) {
  Fault& fault = refusal.fault;
  ++call.rejected;
  if (!call.first_fault) call.first_fault = fault;
  const bool kept = !services_.dead_letter_ids.empty() && services_.pipeline.streams[refusal.stream].quarantine;
  if (kept) call.refused.push_back({refusal.stream, place.record, place.line, place.raw, refusal.part, fault});
  const bool tells_all = call.door->envelope != nullptr;
  if (tells_all) call.outcomes.push_back({});
  if (tells_all || call.errors.size() < limits_.errors_listed_max) call.errors.push_back({place.record, place.line, std::move(fault)});
}

// Records without a key of one request stay together, so that they keep their order; the requests take turns. Under an
// Idempotency-Key the choice must be the same when the request comes again.
PartitionId RecordReader::PickPartition(const IngestCall& call, StreamState& state, std::optional<PartitionId> asked,
                                        std::optional<std::string_view> key) {
  if (state.partitions == 1) return PartitionId{0};
  if (asked) return *asked;
  if (key) return PartitionOfKey(*key, state.partitions);
  const std::string_view request_key = call.RepeatKey();
  if (!request_key.empty()) return PartitionOfKey(request_key, state.partitions);
  return PartitionId{static_cast<int32_t>(state.turn % static_cast<uint32_t>(state.partitions))};
}

bool RecordReader::Charge(IngestCall& call, size_t bytes) {
  if (!body_bytes_.Take(bytes)) return false;
  call.budgeted_bytes += bytes;
  return true;
}

bool RecordReader::ChargeForRecords(IngestCall& call) {
  const size_t records = static_cast<size_t>(call.accepted) * sizeof(NewRecord) * 2;  // a growing vector holds twice as many
  size_t refused = 0;
  if (call.rejected > 0) refused = std::max(call.refused.size(), call.errors.size()) * kRefusedCost;
  const size_t made = records + refused + call.texts.bytes();
  if (made <= call.records_charged) return true;
  if (!Charge(call, made - call.records_charged)) return false;
  call.records_charged = made;
  return true;
}

}  // namespace tailrace::server
