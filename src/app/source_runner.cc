#include "app/source_runner.h"

#include "base/logging.h"

namespace tailrace::app {

void SourceRunner::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    const auto trouble = [this](const Error& error) {
      std::lock_guard lock(mutex_);
      // A full disk is tried many times a second, a peer more and more rarely: only that is worth a line each time.
      if (error.code() == ErrorCode::kUnavailable) LogWarning("source_waits", {{"source", pump_->name()}, {"reason", error.message()}});
      trouble_ = error.message();
      passes_ = error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kExhausted;
    };
    const Status outcome = pump_->Run(stop, trouble);
    if (!outcome && outcome.error().code() != ErrorCode::kCancelled) {
      LogError("source_stopped", {{"source", pump_->name()}, {"reason", outcome.error().message()}});
    }
    std::lock_guard lock(mutex_);
    trouble_ = outcome ? "" : outcome.error().message();
    passes_ = false;
    outcome_ = outcome;
    ended_.notify_all();
  });
}

void SourceRunner::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

Status SourceRunner::Wait(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!ended_.wait(lock, stop, [&] { return outcome_.has_value(); })) return Fail(Error::Cancelled("stopping"));
  return *outcome_;
}

Status SourceRunner::WaitFor(std::chrono::milliseconds patience, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  ended_.wait_for(lock, stop, patience, [&] { return outcome_.has_value(); });
  if (!outcome_ && stop.stop_requested()) return Fail(Error::Cancelled("stopping"));
  return outcome_.value_or(Status());
}

SourceSummary SourceRunner::summary() const {
  std::lock_guard lock(mutex_);
  const engine::PumpCounts& counts = pump_->counts();
  const bool is_past = passes_ && !pump_->waiting();
  return {pump_->name(), counts.accepted, counts.refused, is_past ? "" : trouble_, outcome_.has_value()};
}

}  // namespace tailrace::app
