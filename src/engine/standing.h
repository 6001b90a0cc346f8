// Which materialisations of a keeper stand still, and how often what fails is tried.
#pragma once

#include <chrono>
#include <functional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/endurance.h"
#include "base/result.h"
#include "engine/progress.h"

namespace tailrace::engine {

// What fails for a passing reason is tried again for a while; then it has stopped, with its reason in Progress and in one line for the
// operator, and the others go on. Its positions stay where they are, so nothing is lost. Whoever feeds it brings it back (TryAgain) once
// Progress says that its pause is over; what fails for any other reason stands still until the program is started again.
// Threads: the worker's. Ownership: borrows the progress and the clock.
class Standing {
 public:
  // `kind`: as Progress has it. `stopped` is called after something has, with a time at which it is to be tried again.
  Standing(std::string kind, Progress& progress, Clock& clock, EnduranceLimits limits, std::function<void()> stopped)
      : kind_(std::move(kind)), progress_(progress), clock_(clock), limits_(limits), tell_stopped_(std::move(stopped)) {}

  // Those of `names` that go on.
  std::vector<std::string> Going(const std::vector<std::string>& names) const;

  // Runs `attempt`, which is for all of `names`, until it succeeds. False: they have stopped, or `stop` was requested.
  // `patient`: what fails is tried again; else it stops at once.
  bool Keep(const std::vector<std::string>& names, const std::function<Status()>& attempt, bool patient, const std::stop_token& stop);

  // It was made anew, and goes on as if nothing had been.
  void Resume(std::string_view name);

  // It gets batches from where it had stopped. The first failure stops it again.
  void TryAgain(std::string_view name);

 private:
  void SetStopped(const std::string& name, const Error& error);

  const std::string kind_;
  Progress& progress_;
  Clock& clock_;
  const EnduranceLimits limits_;
  const std::function<void()> tell_stopped_;
  std::set<std::string, std::less<>> stopped_;
  std::set<std::string, std::less<>> tried_;  // gone on after a stop, and nothing committed yet
};

}  // namespace tailrace::engine
