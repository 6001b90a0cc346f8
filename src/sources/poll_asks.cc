#include "sources/poll_asks.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "model/times.h"

namespace tailrace {
namespace {

// How often it is looked whether the source has ended.
constexpr std::chrono::milliseconds kLook{500};

std::string DueText(int64_t due_s) {
  std::string text;
  AppendRfc3339(due_s * kMicrosPerSecond, &text);
  return text;
}

Result<int64_t> OutcomeOf(const PollOutcome& outcome) {
  if (!outcome.failure.empty()) return Fail(Error::Unavailable(outcome.failure));
  return outcome.records;
}

}  // namespace

Result<int64_t> PollAsks::Ask(int64_t due_s, const std::function<bool()>& is_over, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const int64_t mine = asked_++;
  waiters_[mine].due_s = due_s;
  if (sleeper_ != nullptr && due_s < asleep_until_s_) sleeper_->request_stop();
  const auto is_settled = [&] { return waiters_[mine].outcome.has_value(); };
  while (!settled_.wait_for(lock, stop, kLook, is_settled)) {
    if (!stop.stop_requested() && !is_over()) continue;
    waiters_.erase(mine);
    return Fail(stop.stop_requested() ? Error::Cancelled("stopped") : Error::Unavailable("the source has ended"));
  }
  auto outcome = *std::move(waiters_[mine].outcome);
  waiters_.erase(mine);
  return outcome;
}

std::optional<int64_t> PollAsks::Next() const {
  const std::lock_guard lock(mutex_);
  std::optional<int64_t> next;
  for (const auto& [number, waiter] : waiters_) {
    if (!waiter.outcome) next = std::min(next.value_or(waiter.due_s), waiter.due_s);
  }
  return next;
}

void PollAsks::Settle(int64_t due_s, const PollOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  for (auto& [number, waiter] : waiters_) {
    if (waiter.outcome || waiter.due_s > due_s) continue;
    waiter.outcome = waiter.due_s == due_s ? OutcomeOf(outcome) : Fail(Error::Invalid("it is at " + DueText(due_s) + " already, and does not go back"));
  }
  settled_.notify_all();
}

bool PollAsks::Asleep(int64_t until_s, std::stop_source* waiting) {
  const std::lock_guard lock(mutex_);
  const bool is_asked = std::any_of(waiters_.begin(), waiters_.end(),
                                    [until_s](const auto& waiter) { return !waiter.second.outcome && waiter.second.due_s < until_s; });
  if (!is_asked) sleeper_ = waiting;
  asleep_until_s_ = until_s;
  return !is_asked;
}

void PollAsks::Awake() {
  const std::lock_guard lock(mutex_);
  sleeper_ = nullptr;
}

}  // namespace tailrace
