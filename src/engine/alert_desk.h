// Looks at alerts: which fire, since when, and who has been told.
#pragma once

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

struct AlertView {
  const config::AlertSpec* spec = nullptr;
  std::string state;              // ok, pending, firing
  std::optional<WallTime> since;  // rows have been there since
  std::string message;
  std::string error;              // the last look failed: the state is that of the one before
};

// An alert whose SQL answers with rows is pending, and fires once that has lasted for `for`; it is told then, told again as `repeat` says,
// and told when it is over. Each is looked at when multiples of `every` come. What was told is known after a restart: a message is
// repeated only when the end came between it and the note of it.
// Threads: thread-safe; LookDue one at a time. Ownership: borrows all it is given.
class AlertDesk {
 public:
  static Result<std::unique_ptr<AlertDesk>> Open(const config::Pipeline& pipeline, RunStore& store, Warehouse& warehouse, Notifiers& notifiers, Clock& clock);

  // Looks at those that are due, and tells what is to be told. An alert that cannot be looked at keeps its state.
  Status LookDue(const std::stop_token& stop);

  // When there is something to look at or to tell; nullopt: never.
  std::optional<WallTime> NextWake();

  std::vector<AlertView> Alerts();

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
  };

  AlertDesk(const config::Pipeline& pipeline, RunStore& store, Warehouse& warehouse, Notifiers& notifiers, Clock& clock)
      : pipeline_(pipeline), store_(store), warehouse_(warehouse), notifiers_(notifiers), clock_(clock) {}
  Status Look(Entry& entry, const std::stop_token& stop);
  Status Keep(Entry& entry, AlertState state);
  void Tell(Entry& entry, const std::stop_token& stop);
  static void BeginToTell(Entry& entry);
  static std::string_view StateOf(const AlertState& state);

  const config::Pipeline& pipeline_;
  RunStore& store_;
  Warehouse& warehouse_;
  Notifiers& notifiers_;
  Clock& clock_;
  std::mutex mutex_;            // the entries' states; not held over a query or a message
  std::vector<Entry> entries_;  // changed by LookDue alone
};

}  // namespace tailrace::engine
