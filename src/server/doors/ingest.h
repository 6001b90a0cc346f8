// The doors for records: checks what a request brings, hands it to the log, and answers when it is on stable storage.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "server/doors/ingest_door.h"
#include "server/http/byte_budget.h"
#include "server/http/exchange.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::engine {
struct LoadReceipt;
}

namespace tailrace::server {

class Admission;
class BodyWorkers;
class IngestLane;

// Counters of one stream, for all lanes.
struct StreamCounters {
  Counter& accepted;
  Counter& rejected;
};

// Threads:   built by one thread; Append on the loop of its exchange.
// Ownership: must not end before the log has told every waiter (EventLog::Stop).
class Ingest {
 public:
  static Result<std::unique_ptr<Ingest>> Create(const Services& services, const Limits& limits, ByteBudget& body_bytes,
                                                Admission& admission, const std::vector<Executor*>& loops);
  ~Ingest();

  // The threads for large bodies. Stop before the loops end; twice is fine.
  void Start();
  void Stop();

  // Index of a stream by its name or alias; -1 when there is none.
  int FindStream(std::string_view name) const;

  // Why the stream takes nothing for now, by its index: more dead letters than it may have hold it up.
  std::optional<Reply> PausedReplyOf(size_t stream) const;

  // Records that came by a way of their own.
  void CountLoaded(size_t stream, const engine::LoadReceipt& receipt);

  // Appends to the stream that the path names.
  void AppendToStream(const ExchangePtr& exchange);
  void Append(const ExchangePtr& exchange, const IngestDoor& door);

  // The same for a door whose requests name their stream in the path, by its index.
  void AppendTo(const ExchangePtr& exchange, const IngestDoor& door, size_t stream) { Append(exchange, door.by_stream[stream]); }

 private:
  friend class IngestLane;
  Ingest(const Services& services, const Limits& limits, ByteBudget& body_bytes, Admission& admission);

  const Services& services_;
  const Limits& limits_;
  ByteBudget& body_bytes_;
  Admission& admission_;
  std::map<std::string, size_t, std::less<>> streams_by_name_;
  std::vector<IngestDoor> stream_doors_;
  std::vector<StreamCounters> counters_;
  std::string request_prefix_;  // of this start of the server; with a number it names a request for ever
  std::vector<std::string> schemas_;  // fingerprints, by index of the stream
  std::vector<std::unique_ptr<IngestLane>> lanes_;  // by index of the loop
  std::unique_ptr<BodyWorkers> workers_;            // ends before the lanes, to which it gives back
};

}  // namespace tailrace::server
