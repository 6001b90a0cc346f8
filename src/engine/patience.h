// Repeats what failed for a passing reason (memory, disk, locks, a peer), and says why it stands still meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/endurance.h"
#include "base/result.h"

namespace tailrace::engine {

// Whether trying again can help.
bool IsPassing(ErrorCode code);

// Waits up to `delay_ms`; false when `stop` was requested.
bool SleepUnlessStopped(int64_t delay_ms, const std::stop_token& stop);

// Runs `attempt` until it succeeds, fails for a reason that is not passing or for longer than `endurance` has (the error is that of the
// last try), or `stop` is requested (kCancelled). `trouble` hears of each failure.
Status RetryWhilePassing(const std::function<Status()>& attempt, const std::function<void(const Error&)>& trouble,
                         Endurance& endurance, Clock& clock, const std::stop_token& stop);

}  // namespace tailrace::engine
