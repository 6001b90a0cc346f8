#include "engine/feeder.h"

#include <utility>

#include "engine/patience.h"

namespace tailrace::engine {
namespace {

// After an error of the log or of memory, before the same batch is tried again.
constexpr int64_t kRetryMs = 200;

}  // namespace

Feeder::Feeder(std::unique_ptr<StreamFeed> feed, Hand hand) : feed_(std::move(feed)), hand_(std::move(hand)) {}

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
  const Dispatch dispatch = [&](const auto& batch, const auto& takers) { return hand_(batch, takers, stop); };
  while (!stop.stop_requested()) {
    const int64_t seen = changes();
    const auto fed = [&] {
      const auto turn = TakeTurn();
      return feed_->Step(dispatch);
    }();
    if (!fed) {
      SleepUnlessStopped(kRetryMs, stop);
    } else if (!*fed) {
      WaitForChange(seen, stop);
    }
  }
}

int64_t Feeder::changes() {
  std::lock_guard lock(wake_mutex_);
  return changes_;
}

void Feeder::WaitForChange(int64_t seen, const std::stop_token& stop) {
  std::unique_lock lock(wake_mutex_);
  woken_.wait(lock, stop, [&] { return changes_ != seen; });
}

}  // namespace tailrace::engine
