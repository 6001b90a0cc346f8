#include "schedule/catch_up.h"

#include <algorithm>
#include <deque>

namespace tailrace::schedule {
namespace {

size_t MadeUp(const CatchUp& catch_up) {
  switch (catch_up.kind) {
    case CatchUp::Kind::kNone: return 0;
    case CatchUp::Kind::kLast: return 1;
    case CatchUp::Kind::kAll: return std::min(catch_up.max, kCatchUpMax);
  }
  return 0;
}

}  // namespace

DuePlan PlanDue(const Schedule& schedule, WallTime handled, WallTime punctual_since, WallTime now, const CatchUp& catch_up) {
  const size_t keep = MadeUp(catch_up);
  DuePlan plan;
  std::deque<WallTime> late;
  const auto note_missed = [&](WallTime due) {
    if (plan.missed.count++ == 0) plan.missed.first = due;
    plan.missed.last = due;
  };
  auto due = schedule.Next(handled);
  for (; due && *due <= now && *due < punctual_since; due = schedule.Next(*due)) {
    late.push_back(*due);
    if (late.size() <= keep) continue;
    note_missed(late.front());
    late.pop_front();
  }
  plan.to_run.assign(late.begin(), late.end());
  for (; due && *due <= now && plan.to_run.size() < kCatchUpMax; due = schedule.Next(*due)) plan.to_run.push_back(*due);
  return plan;
}

}  // namespace tailrace::schedule
