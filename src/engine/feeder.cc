#include "engine/feeder.h"

#include <utility>

#include "engine/patience.h"

namespace tailrace::engine {

Feeder::Feeder(std::unique_ptr<StreamFeed> feed, FeederCalls calls, EnduranceLimits limits, Clock& clock)
    : feed_(std::move(feed)), calls_(std::move(calls)), endurance_(limits), clock_(clock) {}

void Feeder::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Feeder::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Feeder::Wake() {
  std::lock_guard lock(wake_mutex_);
  ++changes_;
  woken_.notify_all();
}

void Feeder::Run(const std::stop_token& stop) {
  const Dispatch dispatch = [&](const auto& batch, const auto& takers) { return calls_.hand(batch, takers, stop); };
  while (!stop.stop_requested()) {
    const int64_t seen = changes();
    std::optional<std::chrono::milliseconds> again_in;
    const auto fed = [&]() -> Result<bool> {
      const auto turn = TakeTurn();
      again_in = calls_.before_step(*feed_, stop);
      return feed_->Step(dispatch);
    }();
    if (!fed) {
      if (stop.stop_requested()) return;
      const auto delay = endurance_.Failed(clock_.Monotonic());
      calls_.failed(fed.error(), endurance_.stopped(), delay);
      SleepUnlessStopped(delay.count(), stop);
      continue;
    }
    (void)endurance_.Worked();
    calls_.went_well();
    if (!*fed) WaitForChange(seen, again_in, stop);
  }
}

int64_t Feeder::changes() {
  std::lock_guard lock(wake_mutex_);
  return changes_;
}

void Feeder::WaitForChange(int64_t seen, std::optional<std::chrono::milliseconds> at_most, const std::stop_token& stop) {
  std::unique_lock lock(wake_mutex_);
  const auto changed = [&] { return changes_ != seen; };
  if (at_most) {
    woken_.wait_for(lock, stop, *at_most, changed);
  } else {
    woken_.wait(lock, stop, changed);
  }
}

}  // namespace tailrace::engine
