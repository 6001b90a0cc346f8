// A RunStore over another: one call at a time, and some of them fail.
#pragma once

#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "ports/run_store.h"

namespace tailrace {

// Threads: thread-safe, over a store that is not. Ownership: borrows both; so many updates as `broken_updates` says fail.
class GuardedRunStore final : public RunStore {
 public:
  GuardedRunStore(RunStore& store, int& broken_updates) : store_(store), broken_updates_(broken_updates) {}
  Result<std::optional<WallTime>> Handled(std::string_view job) override {
    const std::lock_guard lock(mutex_);
    return store_.Handled(job);
  }
  Status Add(std::string_view job, const std::vector<JobRun>& runs, std::optional<WallTime> handled) override {
    const std::lock_guard lock(mutex_);
    return store_.Add(job, runs, handled);
  }
  Status Update(const JobRun& run, const std::vector<RunLogLine>& lines, const std::vector<JobRun>& followers) override {
    const std::lock_guard lock(mutex_);
    if (broken_updates_ > 0 && broken_updates_-- > 0) return Fail(Error::Exhausted("the disk is full"));
    return store_.Update(run, lines, followers);
  }
  Result<std::vector<JobRun>> List(const RunFilter& filter) override {
    const std::lock_guard lock(mutex_);
    return store_.List(filter);
  }
  Result<std::vector<RunLogLine>> Log(std::string_view run) override {
    const std::lock_guard lock(mutex_);
    return store_.Log(run);
  }
  Result<std::vector<AlertState>> Alerts() override { return store_.Alerts(); }
  Status SetAlert(const AlertState& state) override { return store_.SetAlert(state); }
  Result<std::vector<AlertSilence>> Silences() override { return store_.Silences(); }
  Status SetSilence(const AlertSilence& silence) override { return store_.SetSilence(silence); }

 private:
  RunStore& store_;
  int& broken_updates_;
  std::mutex mutex_;
};

}  // namespace tailrace
