// What a client is told about the records it sent.
#include <algorithm>
#include <string>

#include "server/doors/echo_formatter.h"
#include "server/doors/ingest_call.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr int kPartlyRefused = 207;
constexpr int kRefused = 422;

std::string_view EchoType(std::string_view content_type) {
  const std::string type = MediaType(content_type);
  if (type == "text/csv") return "text/csv";
  if (type.find("ndjson") != std::string::npos || type.find("jsonl") != std::string::npos) return "application/x-ndjson";
  return kJsonType;
}

Reply EchoReply(const IngestCall& call, int status) {
  Reply reply;
  reply.status = status;
  if (call.door->echo_format) {
    reply.body = call.door->echo_format->Reply(call.body);
  } else {
    reply.content_type = EchoType(call.exchange->request().Header(HeaderField::kContentType));
    reply.body = call.body;
  }
  return reply;
}

void WriteOffsets(JsonWriter& json, const IngestCall& call, const config::Pipeline& pipeline) {
  json.Key("offsets").BeginArray();
  for (size_t i = 0; i < call.parts_used; ++i) {
    const AppendPart& part = *call.parts[i];
    if (part.refused_at_once || !part.result) continue;
    json.BeginObject();
    if (call.door->targets.size() > 1) json.Text("stream", pipeline.streams[part.stream].name);
    json.Int("partition", part.partition.value)
        .Int("first", part.result->first.value)
        .Int("last", part.result->first.value + static_cast<int64_t>(part.records.size()) - 1)
        .EndObject();
  }
  json.EndArray();
}

void WriteErrors(JsonWriter& json, const IngestCall& call) {
  json.Key("errors").BeginArray();
  for (const RecordError& error : call.errors) {
    json.BeginObject().Int("record", error.record);
    if (error.line > 0) json.Int("line", error.line);
    json.Text("pointer", error.fault.pointer)
        .Text("reason", error.fault.Reason())
        .Text("expected", error.fault.expected)
        .Text("found", error.fault.found)
        .EndObject();
  }
  json.EndArray();
}

void WriteSummary(std::string& out, const IngestCall& call, const config::Pipeline& pipeline) {
  out.reserve(out.size() + 160);
  JsonWriter json(out);
  json.BeginObject();
  if (call.accepted == 0 && call.rejected > 0 && !call.dry_run) {
    const Fault& fault = *call.first_fault;
    AppendErrorMember(out, {"refused", "no record was accepted; the first: " + fault.Message(), "", ""});
    out += ',';
  }
  const std::vector<DoorTarget>& targets = call.door->targets;
  if (targets.size() > 1) {
    json.Text("source", call.door->name);
  } else {
    json.Text("stream", pipeline.streams[targets.front().stream].name);
  }
  if (call.dry_run) {
    const int status = call.rejected == 0 ? call.door->status : call.accepted == 0 ? kRefused : kPartlyRefused;
    json.Bool("dry_run", true).Int("status", status);
  }
  json.Int("accepted", call.accepted)
      .Int("rejected", call.rejected);
  WriteOffsets(json, call, pipeline);
  WriteErrors(json, call);
  json.EndObject();
}

bool IsReplay(const IngestCall& call) {
  if (call.parts_used == 0) return false;
  return std::all_of(call.parts.begin(), call.parts.begin() + static_cast<std::ptrdiff_t>(call.parts_used),
                     [](const std::unique_ptr<AppendPart>& part) { return part->result && part->result->duplicate; });
}

// A fault at `at` or anywhere inside it.
bool IsAtOrInside(std::string_view pointer, std::string_view at) {
  return pointer.starts_with(at) && (pointer.size() == at.size() || at.empty() || pointer[at.size()] == '/');
}

const config::HttpFault* MatchingFault(const IngestCall& call) {
  for (const config::HttpFault& fault : call.door->faults) {
    if (call.first_fault && IsAtOrInside(call.first_fault->pointer, fault.at)) return &fault;
  }
  return nullptr;
}

Reply RefusedReply(const IngestCall& call, const config::Pipeline& pipeline) {
  const config::HttpFault* const fault = MatchingFault(call);
  if (fault != nullptr && fault->echo) return EchoReply(call, fault->status);
  Reply reply;
  reply.status = fault != nullptr ? fault->status : kRefused;
  WriteSummary(reply.body, call, pipeline);
  return reply;
}

}  // namespace

Reply IngestReply(IngestCall& call, const config::Pipeline& pipeline) {
  if (call.rejected > 0 && call.accepted == 0) return RefusedReply(call, pipeline);
  Reply reply;
  if (call.rejected == 0 && call.door->echo) {
    reply = EchoReply(call, call.door->status);
  } else {
    reply.status = call.rejected > 0 ? kPartlyRefused : call.door->status;
    WriteSummary(reply.body, call, pipeline);
  }
  if (IsReplay(call)) reply.headers.emplace_back("Idempotency-Replayed", "true");
  return reply;
}

bool NothingWasAppendedThatCould(const IngestCall& call) {
  const auto end = call.parts.begin() + static_cast<std::ptrdiff_t>(call.parts_used);
  return call.parts_used > 0 && std::none_of(call.parts.begin(), end, [](const auto& part) { return part->result.has_value(); });
}

Reply AppendFailureReply(const IngestCall& call, const config::Pipeline& pipeline) {
  const AppendPart* failed = nullptr;
  bool something_appended = false;
  for (size_t i = 0; i < call.parts_used; ++i) {
    const AppendPart& part = *call.parts[i];
    something_appended |= part.result.has_value();
    // What the log could not write matters more than what it had no room for.
    const bool matters_more = failed == nullptr || failed->refused_at_once;
    if (!part.result && matters_more) failed = &part;
  }
  const Error& error = failed->result.error();
  std::string details;
  if (something_appended) {
    JsonWriter json(details);
    json.BeginObject();
    WriteOffsets(json, call, pipeline);
    json.EndObject();
  }
  const std::string again = "send the same request again; with its Idempotency-Key nothing is stored twice";
  switch (error.code()) {
    case ErrorCode::kConflict:
      return ErrorReply(409, {"idempotency_key_reused", "this Idempotency-Key came before with another body", "use a new key for each request", details});
    case ErrorCode::kExhausted:
      // At once: too much is waiting to be written. Later: there was no room to write it.
      if (failed->refused_at_once) return ErrorReply(503, {"busy", error.message(), again, details});
      return ErrorReply(507, {"disk_full", error.message(), again + ", when there is room on the disk", details});
    case ErrorCode::kUnavailable:
      return ErrorReply(503, {"unavailable", error.message(), "whether the records are stored is not known; " + again, details});
    case ErrorCode::kCorruption:
    case ErrorCode::kCancelled: return ErrorReply(503, {"unavailable", error.message(), again, details});
    default: return ErrorReply(500, {"internal", error.message(), "", details});
  }
}

}  // namespace tailrace::server
