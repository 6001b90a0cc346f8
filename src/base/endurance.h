// How long something that fails for a passing reason is tried again, and when it counts as stopped.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace {

struct EnduranceLimits {
  std::chrono::milliseconds try_for{30'000};  // tried again and again for so long; then it has stopped
  std::chrono::milliseconds pause{10'000};    // what has stopped is tried once after each such pause
};

// Of one thing that is tried again. The first pauses are short and double; once it has failed for `try_for` it has stopped, and every
// further try comes after `pause`, until one works.
// Threads: one at a time.
class Endurance {
 public:
  explicit Endurance(EnduranceLimits limits = {}) : limits_(limits) {}

  // It failed at `now`. How long to wait before it is tried again.
  std::chrono::milliseconds Failed(std::chrono::steady_clock::time_point now);

  // It worked. True: it had stopped.
  bool Worked();

  // It is tried once more: if that fails it has stopped.
  void TryOnce();

  bool stopped() const { return stopped_; }

 private:
  EnduranceLimits limits_;
  std::optional<std::chrono::steady_clock::time_point> failing_since_;
  // The pauses so far. They count as well, as not every clock moves.
  std::chrono::milliseconds waited_{0};
  std::chrono::milliseconds next_{0};
  bool stopped_ = false;
};

// Something that is tried again, for people.
struct Standstill {
  std::string name;
  std::string reason;                           // of the last try
  std::chrono::steady_clock::time_point since;  // of the first that failed
  bool stopped = false;
  std::optional<std::chrono::steady_clock::time_point> again_at;  // nullopt: not by itself
};

// "stopped, and is tried again in 7 s" or "stopped"
std::string StoppedText(std::optional<std::chrono::steady_clock::time_point> again_at, std::chrono::steady_clock::time_point now);

// Things of one kind that are tried again on one thread, each on its own account. The operator gets a line when one fails for a new reason,
// when it has stopped and when it goes on.
// Threads: thread-safe.
class StandstillBook {
 public:
  explicit StandstillBook(std::string kind, EnduranceLimits limits = {}) : kind_(std::move(kind)), limits_(limits) {}

  // Whether it is to be tried at `now`; what has not failed always is.
  bool IsDue(const std::string& name, std::chrono::steady_clock::time_point now) const;

  // How a try ended.
  void Note(const std::string& name, const Status& outcome, std::chrono::steady_clock::time_point now);

  // Of those that have failed since they last worked.
  std::vector<Standstill> All() const;

 private:
  struct Entry {
    Endurance endurance;
    Standstill standstill;
  };

  const std::string kind_;
  const EnduranceLimits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, Entry> failing_;  // protected by mutex_
};

}  // namespace tailrace
