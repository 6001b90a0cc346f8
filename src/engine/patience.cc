#include "engine/patience.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace tailrace::engine {
bool IsPassing(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kExhausted || code == ErrorCode::kCancelled ||
         code == ErrorCode::kConflict;
}

bool SleepUnlessStopped(int64_t delay_ms, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, std::chrono::milliseconds(delay_ms), [] { return false; });
  return !stop.stop_requested();
}

Status RetryWhilePassing(const std::function<Status()>& attempt, const std::function<void(const Error&)>& trouble,
                         Endurance& endurance, Clock& clock, const std::stop_token& stop) {
  while (true) {
    const Status outcome = attempt();
    if (outcome) return outcome;
    if (stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
    trouble(outcome.error());
    if (!IsPassing(outcome.error().code())) return outcome;
    const auto delay = endurance.Failed(clock.Monotonic());
    if (endurance.stopped()) return outcome;
    if (!SleepUnlessStopped(delay.count(), stop)) return Fail(Error::Cancelled("stopping"));
  }
}

}  // namespace tailrace::engine
