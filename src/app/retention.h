// Lets the log go of what is old, in the lake, and consumed by all.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "log/log.h"
#include "model/ids.h"
#include "ports/event_log.h"

namespace tailrace::app {

struct RetainedStream {
  std::string name;
  StreamId id;
  std::chrono::milliseconds retention{0};
};

// Threads:   Start and Stop from one thread; Stop twice is fine. Round from one thread at a time.
// Ownership: borrows all.
class Retention {
 public:
  // Below which offsets a stream's records may go.
  using LowWaterOf = std::function<Positions(const RetainedStream& stream)>;

  Retention(log::Log& log, Clock& clock, std::vector<RetainedStream> streams, LowWaterOf low_water);
  ~Retention();

  // Errors: those of the log. What was not done is done by the next round.
  Status Round();

  void Start();
  void Stop();

 private:
  void Run(const std::stop_token& stop);

  log::Log& log_;
  Clock& clock_;
  const std::vector<RetainedStream> streams_;
  const LowWaterOf low_water_;
  std::jthread thread_;
};

}  // namespace tailrace::app
