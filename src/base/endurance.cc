#include "base/endurance.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/logging.h"

namespace tailrace {
namespace {

constexpr std::chrono::milliseconds kFirstDelay{20};
constexpr std::chrono::milliseconds kLongestDelay{2000};

}  // namespace

std::chrono::milliseconds Endurance::Failed(std::chrono::steady_clock::time_point now) {
  if (!failing_since_) failing_since_ = now;
  stopped_ = stopped_ || now - *failing_since_ >= limits_.try_for || waited_ >= limits_.try_for;
  if (stopped_) return limits_.pause;
  next_ = next_.count() == 0 ? kFirstDelay : std::min(next_ * 2, kLongestDelay);
  waited_ += next_;
  return next_;
}

bool Endurance::Worked() {
  const bool had_stopped = stopped_;
  *this = Endurance(limits_);
  return had_stopped;
}

void Endurance::TryOnce() { stopped_ = true; }

std::string StoppedText(std::optional<std::chrono::steady_clock::time_point> again_at, std::chrono::steady_clock::time_point now) {
  if (!again_at) return "stopped";
  const auto wait = std::max(std::chrono::ceil<std::chrono::seconds>(*again_at - now), std::chrono::seconds(0));
  return fmt::format("stopped, and is tried again in {} s", wait.count());
}

bool StandstillBook::IsDue(const std::string& name, std::chrono::steady_clock::time_point now) const {
  const std::lock_guard lock(mutex_);
  const auto entry = failing_.find(name);
  return entry == failing_.end() || now >= *entry->second.standstill.again_at;
}

void StandstillBook::Note(const std::string& name, const Status& outcome, std::chrono::steady_clock::time_point now) {
  const std::lock_guard lock(mutex_);
  if (outcome) {
    if (failing_.erase(name) > 0) LogInfo("part_goes_on", {{"kind", kind_}, {"name", name}});
    return;
  }
  const auto [found, is_new] = failing_.try_emplace(name, Entry{Endurance(limits_), {name, "", now, false, std::nullopt}});
  auto& [endurance, standstill] = found->second;
  const bool is_told = standstill.reason == outcome.error().message();
  standstill.reason = outcome.error().message();
  standstill.again_at = now + endurance.Failed(now);
  const bool stops = !std::exchange(standstill.stopped, endurance.stopped()) && standstill.stopped;
  if (stops) {
    LogError("part_stopped", {{"kind", kind_}, {"name", name}, {"reason", standstill.reason}});
  } else if (!is_told) {
    LogWarning("part_waits", {{"kind", kind_}, {"name", name}, {"reason", standstill.reason}});
  }
}

std::vector<Standstill> StandstillBook::All() const {
  const std::lock_guard lock(mutex_);
  std::vector<Standstill> all;
  for (const auto& [name, entry] : failing_) all.push_back(entry.standstill);
  return all;
}

}  // namespace tailrace
