#include "server/doors/ingest_lane.h"

#include <fmt/format.h>

#include <utility>

#include "base/crash_point.h"
#include "base/logging.h"
#include "engine/dead_letter.h"
#include "server/doors/body_workers.h"
#include "server/doors/envelope.h"
#include "server/http/admission.h"

namespace tailrace::server {
namespace {

// Larger bodies are read on another thread: a loop is held up by one for about a quarter of a millisecond at most.
constexpr size_t kBytesReadHereMax = 128 << 10;
constexpr int kVerdict = 200;
constexpr std::string_view kManyWait = "more requests come than can be written";

// FNV-1a, because the digest must be the same after a restart.
uint64_t Digest(std::string_view bytes) {
  uint64_t hash = 14695981039346656037ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

Reply Dressed(const IngestDoor& door, Reply reply) { return door.envelope == nullptr ? std::move(reply) : door.envelope->Dress(std::move(reply)); }

Reply ReplyOf(IngestCall& call, bool failed, const config::Pipeline& pipeline) {
  if (call.door->envelope != nullptr) return call.door->envelope->Answer(call, pipeline);
  return failed ? AppendFailureReply(call, pipeline) : IngestReply(call, pipeline);
}

// The verdict alone: neither the log nor the dead letters hear of it. To have asked for one is no mistake, whatever it says.
Reply DryRunReply(IngestCall& call, const config::Pipeline& pipeline) {
  for (size_t i = 0; i < call.parts_used; ++i) call.parts[i]->refused_at_once = true;
  Reply reply = IngestReply(call, pipeline);
  reply.status = kVerdict;
  return reply;
}

}  // namespace

IngestLane::IngestLane(Ingest& ingest, Executor& loop, std::unique_ptr<RecordReader> reader)
    : ingest_(ingest),
      loop_(loop),
      completions_(loop, [this](AppendPart& part) { OnPartEnded(part); }),
      reader_(std::move(reader)) {}

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
  const size_t bytes = exchange->request().body.size();
  if (bytes > kBytesReadHereMax) return AppendLarge(exchange, door);
  if (!ingest_.admission_.Enter(bytes, exchange->waited())) return exchange->Send(Dressed(door, BusyReply(std::string(kManyWait))));
  IngestCall& call = NewCall();
  call.Begin(exchange, door);
  call.entered_bytes = bytes;
  call.entered_at = ingest_.services_.clock.Monotonic();
  if (auto refusal = Read(*reader_, call)) return Answer(call, Dressed(*call.door, std::move(*refusal)));
  End(call, Submit(call));
}

std::optional<Reply> IngestLane::Read(RecordReader& reader, IngestCall& call) const {
  if (auto refusal = reader.Read(call)) return refusal;
  // Which stream is meant may stand in the body alone.
  for (size_t i = 0; i < call.parts_used; ++i) {
    if (auto paused = ingest_.PausedReplyOf(call.parts[i]->stream)) return paused;
  }
  for (const RefusedRecord& refused : call.refused) {
    if (auto paused = ingest_.PausedReplyOf(refused.stream)) return paused;
  }
  if (call.dry_run) return DryRunReply(call, ingest_.services_.pipeline);
  return std::nullopt;
}

// Read on another thread, and the log is handed the records there as well: both take time by the byte.
void IngestLane::AppendLarge(const ExchangePtr& exchange, const IngestDoor& door) {
  IngestCall& call = NewCall();
  call.Begin(exchange, door);
  ingest_.workers_->Post([this, &call](RecordReader& reader) {
    auto refusal = Read(reader, call);
    if (refusal) return loop_.Post([this, &call, reply = Dressed(*call.door, std::move(*refusal))]() mutable { Answer(call, std::move(reply)); });
    const size_t ended = Submit(call);
    loop_.Post([this, &call, ended] { End(call, ended); });
  });
}

// Returns how many ends are to be counted off on the loop: those of parts that the log did not take, and one for this function, so that
// no part ends the call before all are submitted.
size_t IngestLane::Submit(IngestCall& call) {
  const std::string_view key = call.RepeatKey();
  const uint64_t digest = key.empty() ? 0 : Digest(call.body);
  AppendRequest request;
  request.idempotency_key = key;
  request.idempotency_digest = digest;
  const Origin origin = NewOrigin(call, digest);
  request.origin = &origin;
  WriteLetters(call, origin);
  call.pending = call.parts_used + call.letters_used + 1;
  size_t ended = 1;
  for (size_t i = 0; i < call.parts_used; ++i) {
    request.stream = ingest_.services_.stream_ids[call.parts[i]->stream];
    if (!SubmitPart(*call.parts[i], request)) ++ended;
  }
  for (size_t i = 0; i < call.letters_used; ++i) {
    request.stream = ingest_.services_.dead_letter_ids[call.letters[i]->stream];
    if (!SubmitPart(*call.letters[i], request)) ++ended;
  }
  return ended;
}

// False: the log has not taken it, and will not tell its end.
bool IngestLane::SubmitPart(AppendPart& part, AppendRequest request) {
  part.refused_at_once = true;
  if (part.records.empty()) return false;  // of a record that another target refused
  request.partition = part.partition;
  request.records = part.records;
  part.refused_at_once = false;  // before the log has it, which may tell its end at once
  auto status = ingest_.services_.log.Append(request, &part);
  if (status) return true;
  part.result = Fail(std::move(status).error());
  part.refused_at_once = true;
  return false;
}

void IngestLane::WriteLetters(IngestCall& call, const Origin& origin) {
  if (call.refused.empty()) return;
  const WallTime now = ingest_.services_.clock.Now();
  call.request_id = origin.RequestId();
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
        .records.push_back({call.texts.Copy(engine::DeadLetterJson(letter, now)), std::nullopt, refused.record});
  }
}

// Under an Idempotency-Key the same request has the same id when it comes again.
Origin IngestLane::NewOrigin(IngestCall& call, uint64_t digest) {
  Origin origin;
  origin.kind = OriginKind::kDoor;
  origin.unit = PlaceUnit::kRecord;
  origin.name = call.door->origin;
  if (call.caller != nullptr) origin.client = call.caller->name;
  if (const std::string_view key = call.RepeatKey(); !key.empty()) {
    call.key_id = fmt::format("k{:016x}{:016x}", Digest(key), digest);
    origin.request = call.key_id;
  } else {
    // Lanes count on their own, each with numbers that the others do not have.
    origin.request = ingest_.request_prefix_;
    origin.number = (requests_named_.fetch_add(1, std::memory_order_relaxed) + 1) * ingest_.lanes_.size() + loop_.index();
  }
  return origin;
}

void IngestLane::OnPartEnded(AppendPart& part) { End(*part.call, 1); }

void IngestLane::End(IngestCall& call, size_t ended) {
  call.pending -= ended;
  if (call.pending == 0) Finish(call);
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
  Reply reply = ReplyOf(call, failed, ingest_.services_.pipeline);
  if (!call.request_id.empty()) reply.headers.emplace_back("Tailrace-Request", call.request_id);
  Answer(call, std::move(reply));
}

void IngestLane::Answer(IngestCall& call, Reply reply) {
  const ExchangePtr exchange = std::move(call.exchange);
  ingest_.body_bytes_.Give(std::exchange(call.budgeted_bytes, 0));
  if (call.entered_bytes) ingest_.admission_.Leave(*call.entered_bytes, call.entered_at);
  call.Clear();
  free_calls_.push_back(&call);
  exchange->Send(std::move(reply));
}

}  // namespace tailrace::server
