#include "schedule/catch_up.h"

#include <gtest/gtest.h>

#include "model/times.h"

namespace tailrace::schedule {
namespace {

WallTime Day(int day) { return {(*DaysFromCivil(2017, 3, day)) * kMicrosPerDay + 6 * 3600 * kMicrosPerSecond}; }
WallTime Before(WallTime time) { return {time.micros - 1}; }

// Daily at 06:00; the first of March was handled, and the server came up on the tenth, at noon.
DuePlan Plan(const CatchUp& catch_up, WallTime now) {
  return PlanDue(Schedule::OfCron("0 6 * * *").value(), Day(1), {Day(10).micros + 6 * 3600 * kMicrosPerSecond}, now, catch_up);
}

TEST(CatchUp, NoneLeavesAllThatPassed) {
  const DuePlan plan = Plan({CatchUp::Kind::kNone, 100}, Before(Day(11)));
  EXPECT_EQ(plan.missed.count, 9);
  EXPECT_EQ(plan.missed.first, Day(2));
  EXPECT_EQ(plan.missed.last, Day(10));
  EXPECT_TRUE(plan.to_run.empty());
}

TEST(CatchUp, LastMakesUpTheNewest) {
  const DuePlan plan = Plan({CatchUp::Kind::kLast, 100}, Before(Day(11)));
  EXPECT_EQ(plan.missed.count, 8);
  EXPECT_EQ(plan.missed.last, Day(9));
  EXPECT_EQ(plan.to_run, std::vector{Day(10)});
}

TEST(CatchUp, AllMakesUpTheNewestOfThemTheOldestFirst) {
  const DuePlan plan = Plan({CatchUp::Kind::kAll, 3}, Before(Day(11)));
  EXPECT_EQ(plan.missed.count, 6);
  EXPECT_EQ(plan.missed.last, Day(7));
  EXPECT_EQ(plan.to_run, (std::vector{Day(8), Day(9), Day(10)}));
  EXPECT_EQ(Plan({CatchUp::Kind::kAll, 100}, Before(Day(11))).missed.count, 0);
}

TEST(CatchUp, WhatComesDueWhileItRunsIsNeverMissed) {
  const DuePlan plan = Plan({CatchUp::Kind::kNone, 100}, Day(12));
  EXPECT_EQ(plan.missed.count, 9);
  EXPECT_EQ(plan.to_run, (std::vector{Day(11), Day(12)}));
}

TEST(CatchUp, NothingIsDueBeforeTheFirstDueTime) {
  const DuePlan plan = PlanDue(Schedule::OfCron("0 6 * * *").value(), Day(1), Day(1), Before(Day(2)), {});
  EXPECT_EQ(plan.missed.count, 0);
  EXPECT_TRUE(plan.to_run.empty());
}

}  // namespace
}  // namespace tailrace::schedule
