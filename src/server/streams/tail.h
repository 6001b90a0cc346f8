// GET /streams/{stream}/tail: records as they come, as server-sent events. A client that reads slowly costs no memory: the log is
// read for it only as fast as it takes what it was sent, and when it falls too far behind it skips to the end and is told so.
//
//   id: 0:813,1:77120        the next offset of each partition: send it as Last-Event-ID to go on
//   event: record            or: gap, with {"partition","from","to"}
//   data: {"partition":0,"offset":812,"seq":9,"ingested_at":"...","key":null,"value":{...}}
#pragma once

#include <atomic>
#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "server/doors/ingest.h"
#include "server/http/query_args.h"
#include "server/http/read_pool.h"
#include "server/services.h"

namespace tailrace::server {

// Threads: thread-safe.
class TailHub {
 public:
  // Subscribes to every stream of the log, so before the first append. `pool` reads for tails alone.
  TailHub(const Services& services, const Limits& limits, const Ingest& ingest, ReadPool& pool, Executor& loop);
  ~TailHub();

  void Open(const ExchangePtr& exchange);

  // Now and then: sends on to slow readers, and signs of life.
  void Tick();

 private:
  struct Tail;
  using TailPtr = std::shared_ptr<Tail>;

  struct Start {
    size_t stream = 0;
    Positions positions;
    std::vector<bool> wanted;   // by partition
  };
  Result<Start> ReadStart(size_t stream, const Request& request) const;
  Result<Positions> StartPositions(QueryArgs& args, const Request& request, const std::vector<PartitionStatus>& partitions,
                                   std::optional<int64_t> partition) const;

  void OnLogChanged();
  void PumpAll();
  void Pump(const TailPtr& tail);                        // on the tail's loop
  void SkipGaps(Tail& tail, std::vector<PartitionStatus>& partitions);
  std::string ReadChunk(Tail& tail, size_t partition, Positions& positions);
  void Remove(const TailPtr& tail);

  const Services& services_;
  const Limits& limits_;
  const Ingest& ingest_;
  ReadPool& pool_;
  Executor& loop_;
  std::atomic<bool> pump_posted_{false};
  std::atomic<size_t> count_{0};
  std::mutex mutex_;
  std::list<TailPtr> tails_;  // protected by mutex_
};

}  // namespace tailrace::server
