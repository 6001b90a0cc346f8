#include "server/audit_reads.h"

#include "engine/auditor.h"
#include "server/audit_json.h"
#include "server/query_args.h"

namespace tailrace::server {
namespace {

constexpr std::chrono::hours kRecountTimeout{12};

Limits WithTime(Limits limits) {
  limits.query_timeout = kRecountTimeout;
  return limits;
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

Reply AuditReads::AuditReply(bool recount, const auth::Grant& grant, const std::stop_token& stop) {
  const auto audit = recount ? services_.auditor->Recount(stop) : services_.auditor->Now();
  if (!audit) return ErrorReply(audit.error());
  Reply reply;
  JsonWriter json(reply.body);
  WriteAudit(json, *audit, [&](std::string_view stream) { return grant.Covers(auth::ThingKind::kStream, stream); });
  return reply;
}

}  // namespace tailrace::server
