// GET /dlq and /dlq/{stream}, POST /dlq/{stream}/redrive: what was refused, grouped by fault; the letters themselves; sending them again.
#pragma once

#include "server/doors/ingest.h"
#include "server/http/read_pool.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange.
class LetterReads {
 public:
  LetterReads(const Services& services, const Limits& limits, const Ingest& ingest, ReadPool& pool)
      : services_(services), limits_(limits), ingest_(ingest), pool_(pool) {}

  void List(const ExchangePtr& exchange);
  void Show(const ExchangePtr& exchange);
  void Redrive(const ExchangePtr& exchange);
  void Resume(const ExchangePtr& exchange);

 private:
  Result<engine::RedriveRequest> ReadRedrive(const Request& request) const;
  Reply ListReply(const std::vector<std::string>& streams);
  Reply ShowReply(const std::string& stream, const engine::LetterFilter& filter);

  const Services& services_;
  const Limits& limits_;
  const Ingest& ingest_;
  ReadPool& pool_;
};

}  // namespace tailrace::server
