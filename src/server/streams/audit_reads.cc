#include "server/streams/audit_reads.h"

#include <charconv>
#include <limits>
#include <optional>

#include "config/stream_names.h"
#include "engine/auditor.h"
#include "engine/plan.h"
#include "engine/trace.h"
#include "server/http/named_things.h"
#include "server/http/query_args.h"
#include "server/streams/audit_json.h"
#include "server/streams/trace_json.h"

namespace tailrace::server {
namespace {

constexpr std::chrono::hours kRecountTimeout{12};

Limits WithTime(Limits limits) {
  limits.query_timeout = kRecountTimeout;
  return limits;
}

std::optional<int64_t> NumberOf(std::string_view text, int64_t max) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool good = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() && number >= 0 && number <= max;
  return good ? std::optional(number) : std::nullopt;
}

}  // namespace

AuditReads::AuditReads(const Services& services, const Limits& limits, ReadPool& pool)
    : services_(services),
      pool_(pool),
      recount_limits_(WithTime(limits)),
      recounts_("recounts", 1, recount_limits_, services.clock, services.metrics) {}

void AuditReads::Audit(const ExchangePtr& exchange) {
  bool recount = false;
  const auto read_args = [&]() -> Status {
    TR_TRY(QueryArgs args, QueryArgs::Parse(exchange->request()));
    const auto wanted = args.Take("recount").value_or("false");
    if (wanted != "true" && wanted != "false") return Fail(Error::Invalid("recount is true or false"));
    recount = wanted == "true";
    return args.RefuseRest();
  };
  if (auto status = read_args(); !status) return exchange->Send(InvalidParameterReply(status.error()));
  ReadPool& pool = recount ? recounts_ : pool_;
  pool.Run(exchange, [this, recount, caller = exchange->request().caller](const std::stop_token& stop) {
    return AuditReply(recount, caller->grant, stop);
  });
}

void AuditReads::Trace(const ExchangePtr& exchange) {
  const std::string stream = config::WithoutAlias(services_.pipeline, exchange->request().PathParam(0));
  if (engine::FindStream(services_.pipeline, stream) == nullptr) return exchange->Send(NoStreamReply(services_.pipeline, stream));
  const auto partition = NumberOf(exchange->request().PathParam(1), std::numeric_limits<int32_t>::max());
  const auto offset = NumberOf(exchange->request().PathParam(2), std::numeric_limits<int64_t>::max());
  if (!partition || !offset) return exchange->Send(InvalidParameterReply(Error::Invalid("partition and offset are numbers from 0 on")));
  pool_.Run(exchange, [this, stream, partition, offset](const std::stop_token& stop) {
    const PartitionId in{static_cast<int32_t>(*partition)};
    const auto trace = engine::TraceRecord(services_.auditor->subjects(), stream, in, Offset{*offset}, stop);
    if (!trace) return ErrorReply(trace.error());
    Reply reply;
    JsonWriter json(reply.body);
    WriteTrace(json, *trace);
    return reply;
  });
}

Reply AuditReads::AuditReply(bool recount, const auth::Grant& grant, const std::stop_token& stop) {
  const auto audit = recount ? services_.auditor->Recount(stop) : services_.auditor->Now();
  if (!audit) return ErrorReply(audit.error());
  Reply reply;
  JsonWriter json(reply.body);
  WriteAudit(json, *audit, [&](std::string_view stream) { return grant.Covers(auth::ThingKind::kStream, stream); });
  return reply;
}

}  // namespace tailrace::server
