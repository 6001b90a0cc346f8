// GET /audit: whether every record is accounted for. GET /trace: where one record is now.
#pragma once

#include "server/http/read_pool.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange; Start and Stop from one thread.
class AuditReads {
 public:
  AuditReads(const Services& services, const Limits& limits, ReadPool& pool);

  void Start() { recounts_.Start(); }
  void Stop() { recounts_.Stop(); }

  // ?recount=true reads the log again.
  void Audit(const ExchangePtr& exchange);
  void Trace(const ExchangePtr& exchange);

 private:
  Reply AuditReply(bool recount, const auth::Grant& grant, const std::stop_token& stop);

  const Services& services_;
  ReadPool& pool_;
  const Limits recount_limits_;
  ReadPool recounts_;  // one at a time, and as long as they take
};

}  // namespace tailrace::server
