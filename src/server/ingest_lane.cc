#include "server/ingest_lane.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/crash_point.h"
#include "base/logging.h"
#include "engine/dead_letter.h"
#include "model/csv_reader.h"
#include "model/json_text.h"
#include "model/partitioner.h"
#include "server/content_coding.h"
#include "server/json_out.h"

namespace tailrace::server {
namespace {

constexpr size_t kIdempotencyKeyBytesMax = 256;

// FNV-1a, because the digest must be the same after a restart.
uint64_t Digest(std::string_view bytes) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

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

IngestLane::IngestLane(Ingest& ingest, Executor& loop, std::vector<RecordDecoder> decoders)
    : ingest_(ingest),
      index_(loop.index()),
      born_micros_(ingest.services_.clock.Now().micros),
      completions_(loop, [this](AppendPart& part) { OnPartEnded(part); }) {
  for (size_t i = 0; i < decoders.size(); ++i) {
    streams_.push_back({std::move(decoders[i]), ingest.services_.stream_ids[i],
                        ingest.services_.pipeline.streams[i].partitions, static_cast<uint32_t>(loop.index())});
  }
}

IngestCall& IngestLane::NewCall() {
  if (free_calls_.empty()) {
    calls_.push_back(std::make_unique<IngestCall>());
    calls_.back()->completions = &completions_;
    return *calls_.back();
  }
  IngestCall& call = *free_calls_.back();
  free_calls_.pop_back();
  return call;
}

void IngestLane::Append(const ExchangePtr& exchange, const IngestDoor& door) {
  IngestCall& call = NewCall();
  call.Begin(exchange, door);
  Options options;
  if (auto refusal = ReadRequest(call, options)) return Answer(call, std::move(*refusal));
  for (const DoorTarget& target : door.targets) ++streams_[target.stream].turn;
  if (options.atomic && call.rejected > 0) {
    call.rejected += call.accepted;
    call.accepted = 0;
    for (size_t i = 0; i < call.parts_used; ++i) call.parts[i]->records.clear();
    call.parts_used = 0;
  }
  Submit(call);
}

// --- reading
// -----------------------------------------------------------------------------------------------------------

std::optional<Reply> IngestLane::ReadRequest(IngestCall& call, Options& options) {
  const Request& request = call.exchange->request();
  if (request.Header(HeaderField::kIdempotencyKey).size() > kIdempotencyKeyBytesMax) {
    return ErrorReply(400, "invalid_idempotency_key",
                      "Idempotency-Key is longer than " + std::to_string(kIdempotencyKeyBytesMax) + " bytes");
  }
  if (request.Has(HeaderField::kIdempotencyKey) && request.Header(HeaderField::kIdempotencyKey).empty()) {
    return ErrorReply(400, "invalid_idempotency_key", "Idempotency-Key is empty");
  }
  if (!call.door->is_custom && !request.query.empty()) {
    if (auto refusal = ReadOptions(call, options)) return refusal;
  }
  return ReadBody(call);
}

std::optional<Reply> IngestLane::ReadOptions(const IngestCall& call, Options& options) {
  auto params = call.exchange->request().QueryParams();
  if (!params) return ErrorReply(params.error());
  for (const auto& [name, value] : *params) {
    if (name != "atomic")
      return ErrorReply(400, "unknown_parameter", "there is no parameter \"" + name + "\"; there is atomic");
    if (value != "true" && value != "false") return ErrorReply(400, "invalid_parameter", "atomic is true or false");
    options.atomic = value == "true";
  }
  return std::nullopt;
}

std::optional<Reply> IngestLane::ReadBody(IngestCall& call) {
  const Request& request = call.exchange->request();
  const auto coding = ParseContentCoding(request.Header(HeaderField::kContentEncoding));
  if (!coding) return ErrorReply(415, "unsupported_coding", "Content-Encoding is gzip or zstd");
  if (*coding != ContentCoding::kIdentity) {
    auto expanded = Expand(*coding, call.body, ingest_.limits_.body_bytes_max, RecordDecoder::kPadding);
    if (!expanded) {
      const bool too_large = expanded.error().code() == ErrorCode::kExhausted;
      return ErrorReply(too_large ? 413 : 400, too_large ? "too_large" : "invalid_body", expanded.error().message());
    }
    if (!ingest_.body_bytes_.Take(expanded->size()))
      return BusyReply("the bodies of other requests fill the memory set aside for them");
    call.budgeted_bytes = expanded->size();
    call.expanded = std::move(*expanded);
    call.body = std::string_view(call.expanded).substr(0, call.expanded.size() - RecordDecoder::kPadding);
  }
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

std::optional<Reply> IngestLane::ReadJson(IngestCall& call) {
  Fault malformed;
  if (!call.body.empty() && call.body.front() == '{' && call.body.back() == '}') {  // by far the most common
    if (Take(call, call.body, {0, 0, call.body}, &malformed)) return std::nullopt;
    return NotJsonReply(call.body, malformed.byte, malformed);
  }
  auto elements = SplitJsonBody(call.body);
  if (!elements) return BodyFaultReply(elements.error());
  if (elements->size() > ingest_.limits_.records_per_request_max) {
    return TooManyRecords(ingest_.limits_);
  }
  int64_t record = 0;
  for (const JsonPart& element : *elements) {
    if (!Take(call, element.text, {record++, 0, element.text}, &malformed))
      return NotJsonReply(call.body, element.byte + malformed.byte, malformed);
  }
  return std::nullopt;
}

std::optional<Reply> IngestLane::ReadLines(IngestCall& call) {
  const std::vector<JsonPart> lines = SplitLines(call.body);
  if (lines.size() > ingest_.limits_.records_per_request_max) {
    return TooManyRecords(ingest_.limits_);
  }
  if (lines.empty()) return BodyFaultReply({400, "the body is empty", "", 0});
  int64_t record = 0;
  for (const JsonPart& line : lines) {
    Fault malformed;
    const RecordPlace place{record++, line.line, line.text};
    if (!Take(call, line.text, place, &malformed))
      Reject(call, place, {call.door->targets.front().stream, {}, std::move(malformed)});
  }
  return std::nullopt;
}

std::optional<Reply> IngestLane::ReadCsv(IngestCall& call, bool latin1) {
  CsvOptions options;
  options.latin1 = latin1;
  const size_t stream = call.door->targets.front().stream;
  CsvReader reader(ingest_.services_.pipeline.streams[stream].schema, options);
  size_t at = 0;
  int64_t lines = 0;
  if (auto header = reader.ReadHeader(call.body, true, &at, &lines); !header) {
    return BodyFaultReply({400, header.error().message(), "the first line names the columns", std::nullopt});
  }
  CsvRow row;
  std::string json;
  int64_t record = 0;
  while (true) {
    json.clear();
    const CsvStep step = reader.Next(call.body.substr(at), true, &row, &json);
    const RecordPlace place{record, lines + row.lines_before + 1,
                            call.body.substr(at + row.begin, row.end - row.begin)};
    at += row.next;
    lines += row.lines;
    if (step == CsvStep::kMore) return std::nullopt;
    if (static_cast<size_t>(record) == ingest_.limits_.records_per_request_max) return TooManyRecords(ingest_.limits_);
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

bool IngestLane::Take(IngestCall& call, std::string_view json, const RecordPlace& place, Fault* malformed) {
  taken_.clear();
  for (const DoorTarget& target : call.door->targets) {
    Refusal refusal{target.stream, {}, {}};
    if (TakePart(call, target, json, &refusal)) continue;
    if (refusal.fault.malformed) {
      *malformed = std::move(refusal.fault);
      return false;
    }
    Reject(call, place, std::move(refusal));
    return true;
  }
  for (const TakenPart& taken : taken_) taken.part->records.push_back(taken.record);
  ++call.accepted;
  return true;
}

bool IngestLane::TakePart(IngestCall& call, const DoorTarget& target, std::string_view json, Refusal* refusal) {
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
  StreamLane& lane = streams_[target.stream];
  if (auto decoded = lane.decoder.Decode(json, nullptr); !decoded) {
    *fault = std::move(decoded).error();
    refusal->part = json;
    // In a record that goes whole the place is that of the record; else that of the part, which is what is kept for this stream.
    fault->pointer = target.pointer + fault->pointer;
    return false;
  }
  NewRecord record{AsOneLine(json, call.texts), std::nullopt};
  const auto key = lane.decoder.key();
  if (key) record.key = call.texts.Copy(*key);  // the decoder's own is gone with the next record
  taken_.push_back({&call.PartFor(target.stream, PickPartition(call, lane, record.key)), record});
  return true;
}

void IngestLane::Reject(IngestCall& call, const RecordPlace& place, Refusal refusal) {
  Fault& fault = refusal.fault;
  ++call.rejected;
  if (!call.first_fault) call.first_fault = fault;
  const bool kept = !ingest_.services_.dead_letter_ids.empty() && ingest_.services_.pipeline.streams[refusal.stream].quarantine;
  if (kept) call.refused.push_back({refusal.stream, place.record, place.line, place.raw, refusal.part, fault});
  if (call.errors.size() < ingest_.limits_.errors_listed_max)
    call.errors.push_back({place.record, place.line, std::move(fault)});
}

// Records without a key of one request stay together, so that they keep their order; the requests take turns. Under an
// Idempotency-Key the choice must be the same when the request comes again.
PartitionId IngestLane::PickPartition(const IngestCall& call, StreamLane& lane, std::optional<std::string_view> key) {
  if (lane.partitions == 1) return PartitionId{0};
  if (key) return PartitionOfKey(*key, lane.partitions);
  const std::string_view request_key = call.exchange->request().Header(HeaderField::kIdempotencyKey);
  if (!request_key.empty()) return PartitionOfKey(request_key, lane.partitions);
  return PartitionId{static_cast<int32_t>(lane.turn % static_cast<uint32_t>(lane.partitions))};
}

// --- appending
// ---------------------------------------------------------------------------------------------------------

void IngestLane::Submit(IngestCall& call) {
  const std::string_view key = call.exchange->request().Header(HeaderField::kIdempotencyKey);
  const uint64_t digest = key.empty() ? 0 : Digest(call.body);
  AppendRequest request;
  request.idempotency_key = key;
  request.idempotency_digest = digest;
  WriteLetters(call);
  // One for this function: no part may end the call before all are submitted.
  call.pending = call.parts_used + call.letters_used + 1;
  for (size_t i = 0; i < call.parts_used; ++i) {
    request.stream = streams_[call.parts[i]->stream].id;
    SubmitPart(call, *call.parts[i], request);
  }
  for (size_t i = 0; i < call.letters_used; ++i) {
    request.stream = ingest_.services_.dead_letter_ids[call.letters[i]->stream];
    SubmitPart(call, *call.letters[i], request);
  }
  if (--call.pending == 0) Finish(call);
}

void IngestLane::SubmitPart(IngestCall& call, AppendPart& part, AppendRequest request) {
  if (part.records.empty()) {  // of a record that another target refused
    part.refused_at_once = true;
    --call.pending;
    return;
  }
  request.partition = part.partition;
  request.records = part.records;
  if (auto status = ingest_.services_.log.Append(request, &part); !status) {
    part.result = Fail(std::move(status).error());
    part.refused_at_once = true;
    --call.pending;
  }
}

void IngestLane::WriteLetters(IngestCall& call) {
  if (call.refused.empty()) return;
  const WallTime now = ingest_.services_.clock.Now();
  call.request_id = NewRequestId(call);
  engine::DeadLetter letter;
  letter.request = call.request_id;
  for (const RefusedRecord& refused : call.refused) {
    letter.stage = refused.fault.malformed ? engine::Stage::kDecode : engine::Stage::kSchema;
    letter.stream = ingest_.services_.pipeline.streams[refused.stream].name;
    letter.raw = refused.raw;
    letter.record = refused.part;
    letter.schema = ingest_.schemas_[refused.stream];
    letter.pointer = refused.fault.pointer;
    letter.reason = refused.fault.Reason();
    if (call.door->is_custom) letter.source = call.door->name;
    letter.place = refused.record;
    letter.line = refused.line;
    call.LettersFor(refused.stream)
        .records.push_back({call.texts.Copy(engine::DeadLetterJson(letter, now)), std::nullopt});
  }
}

// Under an Idempotency-Key the same request has the same id when it comes again.
std::string IngestLane::NewRequestId(const IngestCall& call) {
  const std::string_view key = call.exchange->request().Header(HeaderField::kIdempotencyKey);
  if (!key.empty()) return fmt::format("k{:016x}{:016x}", Digest(key), Digest(call.body));
  return fmt::format("r{:x}-{:x}-{:x}", born_micros_, index_, ++requests_named_);
}

void IngestLane::OnPartEnded(AppendPart& part) {
  IngestCall& call = *part.call;
  if (--call.pending == 0) Finish(call);
}

void IngestLane::Finish(IngestCall& call) {
  TR_CRASH_POINT("server.append_ended");
  bool failed = false;
  for (size_t i = 0; i < call.letters_used; ++i) {
    const AppendPart& letters = *call.letters[i];
    if (letters.result) continue;
    // Its sender is told of each record that was refused, so none vanishes.
    LogWarning("dead letters not kept", {{"stream", ingest_.services_.pipeline.streams[letters.stream].name},
                                         {"records", letters.records.size()},
                                         {"reason", letters.result.error().message()}});
  }
  for (size_t i = 0; i < call.parts_used; ++i) {
    const AppendPart& part = *call.parts[i];
    failed |= !part.result.has_value();
    if (!part.result || part.result->duplicate) continue;
    StreamCounters& counters = ingest_.counters_[part.stream];
    counters.accepted.Add(part.records.size());
  }
  if (call.rejected > 0) {
    for (const DoorTarget& target : call.door->targets) {
      ingest_.counters_[target.stream].rejected.Add(static_cast<uint64_t>(call.rejected));
    }
  }
  Reply reply = failed ? AppendFailureReply(call, ingest_.services_.pipeline) : IngestReply(call, ingest_.services_.pipeline);
  if (!call.request_id.empty()) reply.headers.emplace_back("Tailrace-Request", call.request_id);
  Answer(call, std::move(reply));
}

void IngestLane::Answer(IngestCall& call, Reply reply) {
  const ExchangePtr exchange = std::move(call.exchange);
  ingest_.body_bytes_.Give(std::exchange(call.budgeted_bytes, 0));
  call.Clear();
  free_calls_.push_back(&call);
  exchange->Send(std::move(reply));
}

}  // namespace tailrace::server
