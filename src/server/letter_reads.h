// GET /dlq and /dlq/{stream}: what was refused, grouped by fault, and the letters themselves.
#pragma once

#include "server/ingest.h"
#include "server/read_pool.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange.
class LetterReads {
 public:
  LetterReads(const Services& services, const Limits& limits, const Ingest& ingest, ReadPool& pool)
      : services_(services), limits_(limits), ingest_(ingest), pool_(pool) {}

  void List(const ExchangePtr& exchange);
  void Show(const ExchangePtr& exchange);

 private:
  Reply ListReply(const std::vector<std::string>& streams);
  Reply ShowReply(const std::string& stream, const engine::LetterFilter& filter);

  const Services& services_;
  const Limits& limits_;
  const Ingest& ingest_;
  ReadPool& pool_;
};

}  // namespace tailrace::server
