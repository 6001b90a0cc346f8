#include "engine/standing.h"

#include <algorithm>

#include "base/logging.h"
#include "engine/patience.h"

namespace tailrace::engine {

std::vector<std::string> Standing::Going(const std::vector<std::string>& names) const {
  std::vector<std::string> going;
  std::copy_if(names.begin(), names.end(), std::back_inserter(going), [this](const std::string& name) { return !stopped_.contains(name); });
  return going;
}

bool Standing::Keep(const std::vector<std::string>& names, const std::function<Status()>& attempt, bool patient,
                    const std::stop_token& stop) {
  const auto trouble = [&](const Error& error) {
    for (const std::string& name : names) progress_.SetTrouble(kind_, name, error.message(), clock_.Monotonic());
  };
  Endurance endurance(limits_);
  const bool is_try = std::any_of(names.begin(), names.end(), [this](const std::string& name) { return tried_.contains(name); });
  if (is_try || !patient) endurance.TryOnce();
  const Status kept = RetryWhilePassing(attempt, trouble, endurance, clock_, stop);
  if (!kept && stop.stop_requested()) return false;
  for (const std::string& name : names) {
    if (!kept) {
      SetStopped(name, kept.error());
    } else if (tried_.erase(name) > 0) {
      LogInfo("part_goes_on", {{"kind", kind_}, {"name", name}});
    }
  }
  return kept.has_value();
}

void Standing::SetStopped(const std::string& name, const Error& error) {
  stopped_.insert(name);
  const bool passes = IsPassing(error.code());
  progress_.SetStopped(kind_, name, passes ? std::optional(clock_.Monotonic() + limits_.pause) : std::nullopt);
  if (passes && tell_stopped_) tell_stopped_();
  // One line for each time that it stands still, not for each try.
  if (tried_.erase(name) > 0 && passes) return;
  LogError("part_stopped", {{"kind", kind_}, {"name", name}, {"reason", error.message()},
                            {"again", passes ? "each " + std::to_string(limits_.pause.count() / 1000) + " s" : std::string("after a restart")}});
}

void Standing::Resume(std::string_view name) {
  stopped_.erase(std::string(name));
  tried_.erase(std::string(name));
}

void Standing::TryAgain(std::string_view name) {
  if (stopped_.erase(std::string(name)) > 0) tried_.emplace(name);
}

}  // namespace tailrace::engine
