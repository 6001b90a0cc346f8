// Looks at alerts: which fire, since when, and who has been told.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/job_steps.h"
#include "ports/run_store.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

// The longest that an alert may be silenced.
inline constexpr std::chrono::milliseconds kSilenceMax{int64_t{30} * 86'400'000};

struct AlertView {
  const config::AlertSpec* spec = nullptr;
  std::string state;              // ok, pending, firing
  std::optional<WallTime> since;  // rows have been there since
  std::string message;
  std::string error;              // the last look failed: the state is that of the one before
  std::optional<AlertSilence> silence;  // nobody is told now
};

// An alert whose SQL answers with rows is pending, and fires once that has lasted for `for`; it is told then, told again as `repeat` says,
// and told when it is over. Each is looked at when multiples of `every` come. What was told is known after a restart: a message is
// repeated only when the end came between it and the note of it. While an alert is silenced it is looked at as ever, and nobody is told; what has not
// been told by the end of the silence, and still stands, is told then.
// Threads: thread-safe; LookDue one at a time. Ownership: borrows all it is given.
class AlertDesk {
 public:
  static Result<std::unique_ptr<AlertDesk>> Open(const config::Pipeline& pipeline, RunStore& store, Warehouse& warehouse, Notifiers& notifiers, Clock& clock);

  // Looks at those that are due, and tells what is to be told. An alert that cannot be looked at keeps its state.
  Status LookDue(const std::stop_token& stop);

  // When there is something to look at or to tell; nullopt: never.
  std::optional<WallTime> NextWake();

  std::vector<AlertView> Alerts();

  // From now on, for so long; an earlier silence of the alert ends. It is kept when this returns. kNotFound: no such alert. kInvalid: not between
  // nothing and kSilenceMax.
  Status Silence(std::string_view alert, std::chrono::milliseconds lasts, std::string reason, std::string by);
  // Where there is none, nothing happens. kNotFound: no such alert.
  Status Lift(std::string_view alert);

 private:
  struct Entry {
    const config::AlertSpec* spec = nullptr;
    std::optional<schedule::Schedule> schedule;
    WallTime looked_at;
    AlertState state;
    std::string error;
    int64_t tell_tries = 0;
    std::set<std::string> heard;  // what is to be told now; since the start
    WallTime tell_not_before;
    AlertSilence silence;  // until 0: there is none
  };

  AlertDesk(const config::Pipeline& pipeline, RunStore& store, Warehouse& warehouse, Notifiers& notifiers, Clock& clock)
      : pipeline_(pipeline), store_(store), warehouse_(warehouse), notifiers_(notifiers), clock_(clock) {}
  Status Look(Entry& entry, const std::stop_token& stop);
  Status Keep(Entry& entry, AlertState state);
  void Tell(Entry& entry, const std::stop_token& stop);
  static void BeginToTell(Entry& entry);
  bool IsSilent(const Entry& entry, WallTime now);
  Result<Entry*> Find(std::string_view alert);
  static std::string_view StateOf(const AlertState& state);

  const config::Pipeline& pipeline_;
  RunStore& store_;
  Warehouse& warehouse_;
  Notifiers& notifiers_;
  Clock& clock_;
  std::mutex mutex_;            // the entries' states; not held over a query or a message
  std::vector<Entry> entries_;  // changed by LookDue alone, but for silences
};

}  // namespace tailrace::engine
