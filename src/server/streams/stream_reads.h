// GET /streams, /streams/{stream}, /streams/{stream}/records.
#pragma once

#include "server/doors/ingest.h"
#include "server/http/json_out.h"
#include "server/http/read_pool.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: each call on the loop of its exchange.
class StreamReads {
 public:
  StreamReads(const Services& services, const ServerOptions& options, const Ingest& ingest, ReadPool& pool)
      : services_(services),
        limits_(options.limits),
        idempotency_window_(options.idempotency_window),
        ingest_(ingest),
        pool_(pool) {}

  void List(const ExchangePtr& exchange);
  void Describe(const ExchangePtr& exchange);
  void Records(const ExchangePtr& exchange);

 private:
  struct RecordsQuery {
    size_t stream = 0;
    PartitionId partition;
    std::optional<Offset> from;
    size_t limit = 0;
  };
  Reply ReadRecords(const RecordsQuery& query);

  const Services& services_;
  const Limits& limits_;
  const std::string& idempotency_window_;
  const Ingest& ingest_;
  ReadPool& pool_;
};

// A record as clients see it: {"offset","seq","ingested_at","key","value"}.
void WriteRecord(JsonWriter& json, const LogRecord& record, int64_t timestamp_ms);

}  // namespace tailrace::server
