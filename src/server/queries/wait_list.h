// Requests that wait until what they want to read holds certain offsets.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "server/http/exchange.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

struct WaitFor {
  std::string stream;
  Positions positions;
  std::chrono::milliseconds timeout{};
};

// Threads: thread-safe.
class WaitList {
 public:
  // Subscribes to `progress`.
  WaitList(Progress& progress, Executor& loop, const Limits& limits, Clock& clock);

  // Calls `then` on the loop of the exchange once everything made from the stream has reached the positions. Answers 504 when that
  // takes longer than its time, 503 when too many wait.
  void Wait(const ExchangePtr& exchange, WaitFor wanted, std::function<void()> then);

  // Now and then, for those whose time has passed.
  void Check();

 private:
  struct Waiting {
    ExchangePtr exchange;
    WaitFor wanted;
    std::chrono::steady_clock::time_point deadline;
    std::function<void()> then;
  };
  void OnProgress();

  Progress& progress_;
  Executor& loop_;
  const Limits& limits_;
  Clock& clock_;
  std::atomic<bool> check_posted_{false};
  std::mutex mutex_;
  std::list<Waiting> waiting_;  // protected by mutex_
};

}  // namespace tailrace::server
