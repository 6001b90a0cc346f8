// How every query over HTTP runs: its common parameters taken, its offsets waited for, its work done on a reader thread.
#pragma once

#include <functional>
#include <optional>

#include "base/result.h"
#include "server/doors/ingest.h"
#include "server/http/query_args.h"
#include "server/http/read_pool.h"
#include "server/queries/wait_list.h"

namespace tailrace::server {

// Threads: Run on the loop of its exchange.
class Reader {
 public:
  Reader(const Services& services, const Limits& limits, const Ingest& ingest, ReadPool& pool, WaitList& waits)
      : services_(services), limits_(limits), ingest_(ingest), pool_(pool), waits_(waits) {}

  // Takes `wait_for` and `timeout`. kInvalid: not as they must be, or a stream that the caller reads nothing of.
  Result<std::optional<WaitFor>> TakeWaitFor(QueryArgs& args, const auth::Grant& grant) const;

  void Run(const ExchangePtr& exchange, std::optional<WaitFor> wait_for, ReadWork work);

  // Calls `then` on the loop of the exchange once it holds what is waited for; else the exchange is answered.
  void When(const ExchangePtr& exchange, std::optional<WaitFor> wait_for, std::function<void()> then);

  const Services& services() const { return services_; }
  const Limits& limits() const { return limits_; }

 private:
  bool MayWaitFor(const auth::Grant& grant, std::string_view stream) const;

  const Services& services_;
  const Limits& limits_;
  const Ingest& ingest_;
  ReadPool& pool_;
  WaitList& waits_;
};

}  // namespace tailrace::server
