// What becomes of the due times that passed while nothing could run.
#pragma once

#include <cstdint>
#include <vector>

#include "schedule/schedule.h"

namespace tailrace::schedule {

inline constexpr size_t kCatchUpMax = 1000;

// none: what was missed stays missed. last: only the newest is made up. all: each of the newest `max`, the oldest first.
struct CatchUp {
  enum class Kind { kNone, kLast, kAll };
  Kind kind = Kind::kLast;
  size_t max = 100;  // of kAll; at most kCatchUpMax
};

// Due times in a row, told as one: a year of minutes is not listed.
struct MissedTimes {
  WallTime first;
  WallTime last;
  int64_t count = 0;
};

struct DuePlan {
  MissedTimes missed;             // before those to run; count 0: none
  std::vector<WallTime> to_run;   // in order
};

// What is to be done at `now` when all up to `handled` has been. A due time counts as missed when it is older than `punctual_since`: those
// from then on are simply due.
DuePlan PlanDue(const Schedule& schedule, WallTime handled, WallTime punctual_since, WallTime now, const CatchUp& catch_up);

}  // namespace tailrace::schedule
