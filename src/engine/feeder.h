// A stream's feed on a thread of its own.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "engine/stream_feed.h"

namespace tailrace::engine {

// Threads: Start and Stop from one thread; Wake from any. Whoever holds the turn may use the feed.
class Feeder {
 public:
  using Hand = std::function<bool(const std::shared_ptr<const DecodedBatch>&, const std::vector<Materialization>&,
                                  const std::stop_token&)>;

  Feeder(std::unique_ptr<StreamFeed> feed, Hand hand);

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
  void WaitForChange(int64_t seen, const std::stop_token& stop);

  const std::unique_ptr<StreamFeed> feed_;  // protected by turn_
  const Hand hand_;
  std::mutex next_;  // held by who waits for the turn
  std::mutex turn_;
  std::mutex wake_mutex_;
  std::condition_variable_any woken_;
  int64_t changes_ = 0;  // protected by wake_mutex_
  std::jthread thread_;
};

}  // namespace tailrace::engine
