// A source carried into its streams on a thread of its own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/result.h"
#include "engine/source_pump.h"

namespace tailrace::app {

struct SourceSummary {
  std::string name;
  int64_t accepted = 0;
  int64_t refused = 0;
  std::string trouble;       // why it has stopped or waits; empty when all is well
  bool ended = false;
};

// Threads: Start and Stop from one thread, Stop twice is fine; the rest from any.
class SourceRunner {
 public:
  explicit SourceRunner(std::unique_ptr<engine::SourcePump> pump) : pump_(std::move(pump)) {}

  void Start();
  void Stop();

  // Blocks until the source has ended or failed for good, or `stop` was requested (kCancelled).
  Status Wait(const std::stop_token& stop);

  // As Wait, but gives up with success after `patience`.
  Status WaitFor(std::chrono::milliseconds patience, const std::stop_token& stop);

  SourceSummary summary() const;
  int64_t bytes_done() const { return pump_->counts().bytes; }
  int64_t size_hint() const { return pump_->size_hint(); }

 private:
  const std::unique_ptr<engine::SourcePump> pump_;
  mutable std::mutex mutex_;
  std::condition_variable_any ended_;
  std::optional<Status> outcome_;   // protected by mutex_
  std::string trouble_;             // protected by mutex_
  bool passes_ = false;             // that trouble; protected by mutex_
  std::jthread thread_;
};

}  // namespace tailrace::app
