// POST /sql and GET /sql?q=: one read-only SELECT of the client's own.
#pragma once

#include "server/queries/query_reply.h"
#include "server/queries/reader.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange.
class SqlReads {
 public:
  explicit SqlReads(Reader& reader) : reader_(reader) {}

  void Post(const ExchangePtr& exchange);
  void Get(const ExchangePtr& exchange);

 private:
  struct Asked {
    QueryRequest request;
    std::optional<WaitFor> wait_for;
  };
  Result<Asked> ReadBody(const Request& request) const;
  Result<Asked> ReadQuery(const Request& request) const;
  void Run(const ExchangePtr& exchange, Result<Asked> asked);

  Reader& reader_;
};

}  // namespace tailrace::server
