// Work that comes due by the clock: jobs, alerts, polls. Whoever drives it, threads or a test that holds the clock, sees it through this.
#pragma once

#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace::engine {

// Threads: thread-safe.
class TimedWork {
 public:
  virtual ~TimedWork() = default;

  // When there is something to do next; at or before now: at once; nullopt: never.
  virtual std::optional<WallTime> NextWake() = 0;

  // Does everything that is due by now, and returns when it is done.
  virtual Status DoDue(const std::stop_token& stop) = 0;
};

}  // namespace tailrace::engine
