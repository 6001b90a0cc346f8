// A stream's feed on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/endurance.h"
#include "engine/stream_feed.h"

namespace tailrace::engine {

// What a feed's thread asks and tells, on that thread.
struct FeederCalls {
  // As Dispatch.
  std::function<Status(const std::shared_ptr<const DecodedBatch>&, const std::vector<Materialization>&, const std::stop_token&)> hand;
  // Before each step, with the turn. When to call it again if nothing comes; nullopt: only with the next step.
  std::function<std::optional<std::chrono::milliseconds>(StreamFeed&, const std::stop_token&)> before_step;
  // A step has failed, and is tried again after `delay`; `stopped`: it has been tried for long enough.
  std::function<void(const Error&, bool stopped, std::chrono::milliseconds delay)> failed;
  // A step has not failed.
  std::function<void()> went_well;
};

// Threads: Start and Stop from one thread; Wake from any. Whoever holds the turn may use the feed.
// Ownership: borrows the clock.
class Feeder {
 public:
  Feeder(std::unique_ptr<StreamFeed> feed, FeederCalls calls, EnduranceLimits limits, Clock& clock);

  void Start();
  void Stop();

  // There may be more to feed.
  void Wake();

  // Holds the feed's thread off while it lives. Whoever waits gets it next, however busy the feed is.
  std::unique_lock<std::mutex> TakeTurn() {
    const std::lock_guard next(next_);
    return std::unique_lock(turn_);
  }
  StreamFeed& feed() { return *feed_; }

 private:
  void Run(const std::stop_token& stop);
  int64_t changes();
  void WaitForChange(int64_t seen, std::optional<std::chrono::milliseconds> at_most, const std::stop_token& stop);

  const std::unique_ptr<StreamFeed> feed_;  // protected by turn_
  const FeederCalls calls_;
  Endurance endurance_;  // the thread's
  Clock& clock_;
  std::mutex next_;  // held by who waits for the turn
  std::mutex turn_;
  std::mutex wake_mutex_;
  std::condition_variable_any woken_;
  int64_t changes_ = 0;  // protected by wake_mutex_
  std::jthread thread_;
};

}  // namespace tailrace::engine
