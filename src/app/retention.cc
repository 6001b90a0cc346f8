#include "app/retention.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "base/logging.h"

namespace tailrace::app {
namespace {

// Retention is told in days; nothing waits for it.
constexpr std::chrono::seconds kBetweenRounds{1};

}  // namespace

Retention::Retention(log::Log& log, Clock& clock, std::vector<RetainedStream> streams, LowWaterOf low_water)
    : log_(log), clock_(clock), streams_(std::move(streams)), low_water_(std::move(low_water)) {}

Retention::~Retention() { Stop(); }

Status Retention::Round() {
  for (const RetainedStream& stream : streams_) {
    const int64_t older_than_ms = clock_.Now().millis() - stream.retention.count();
    if (older_than_ms <= 0) continue;
    if (Status retained = log_.Retain(stream.id, {.older_than_ms = older_than_ms}, low_water_(stream)); !retained) {
      return Fail(retained.error().With("retention of " + stream.name));
    }
  }
  return {};
}

void Retention::Start() {
  if (streams_.empty()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
}

void Retention::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

void Retention::Run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::string trouble;
  while (!stop.stop_requested()) {
    const Status done = Round();
    if (!done && done.error().message() != trouble) LogWarning("retention", {{"error", done.error().message()}});
    trouble = done ? "" : done.error().message();
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, kBetweenRounds, [] { return false; });
  }
}

}  // namespace tailrace::app
