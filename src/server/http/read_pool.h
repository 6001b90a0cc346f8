// The threads on which queries run, so that a slow one never holds up a loop. The queue before them is bounded, and what runs
// longer than it may, or for a client that has left, is told to stop.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "server/http/exchange.h"
#include "server/options.h"

namespace tailrace::server {

// Makes the answer. Runs on a reader thread; `stop` is requested when nobody waits for it any more.
using ReadWork = std::function<Reply(std::stop_token stop)>;

// Threads: thread-safe, but for Start and Stop.
class ReadPool {
 public:
  // `name` is for metrics.
  ReadPool(std::string_view name, int threads, const Limits& limits, Clock& clock, Metrics& metrics);
  ~ReadPool();

  void Start();
  // Stops what runs, drops what waits. Twice is fine.
  void Stop();

  // Answers `exchange` with what `work` returns; 503 at once when too many are waiting, 504 when it took too long. From the loop of
  // the exchange.
  void Run(const ExchangePtr& exchange, ReadWork work);

  // The same without an answer; false when too many are waiting.
  bool TryPost(std::function<void(std::stop_token)> job);

  // Tells those that have run for too long to stop. Now and then, from any thread.
  void StopOverdue();

 private:
  struct Job {
    std::function<void(std::stop_token)> run;
    std::stop_source stop;
    std::chrono::steady_clock::time_point deadline{};
    bool overdue = false;  // protected by mutex_
  };

  bool Enqueue(std::shared_ptr<Job> job);
  void Work(const std::stop_token& stop);
  bool IsOverdue(const Job& job);

  const int threads_count_;
  const Limits& limits_;
  Clock& clock_;
  Gauge& waiting_gauge_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<Job>> waiting_;  // protected by mutex_
  std::vector<std::shared_ptr<Job>> running_; // protected by mutex_
  bool stopped_ = false;                      // protected by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace tailrace::server
