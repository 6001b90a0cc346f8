#include "base/endurance.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr EnduranceLimits kLimits{milliseconds(1000), milliseconds(300)};

TEST(EnduranceTest, PausesDoubleUntilItHasStoppedAndAreEvenFromThereOn) {
  Endurance endurance(kLimits);
  steady_clock::time_point now{};
  milliseconds before{0};
  while (true) {
    const milliseconds delay = endurance.Failed(now);
    if (endurance.stopped()) break;
    EXPECT_GT(delay, before);
    before = delay;
    now += delay;
  }
  EXPECT_GE(now - steady_clock::time_point{}, kLimits.try_for);
  EXPECT_EQ(endurance.Failed(now), kLimits.pause);
  EXPECT_TRUE(endurance.stopped());
}

TEST(EnduranceTest, TriesThatTakeLongCountAsTime) {
  Endurance endurance(kLimits);
  (void)endurance.Failed(steady_clock::time_point{});
  EXPECT_FALSE(endurance.stopped());
  (void)endurance.Failed(steady_clock::time_point{} + kLimits.try_for);
  EXPECT_TRUE(endurance.stopped());
}

TEST(EnduranceTest, AClockThatStandsStillStopsItToo) {
  Endurance endurance(kLimits);
  int tries = 0;
  while (!endurance.stopped() && tries < 100) {
    (void)endurance.Failed(steady_clock::time_point{});
    ++tries;
  }
  EXPECT_TRUE(endurance.stopped());
}

TEST(EnduranceTest, WhatWorkedBeginsAnew) {
  Endurance endurance(kLimits);
  EXPECT_FALSE(endurance.Worked());
  (void)endurance.Failed(steady_clock::time_point{});
  (void)endurance.Failed(steady_clock::time_point{} + kLimits.try_for);
  EXPECT_TRUE(endurance.Worked());
  (void)endurance.Failed(steady_clock::time_point{} + 2 * kLimits.try_for);
  EXPECT_FALSE(endurance.stopped());
}

TEST(EnduranceTest, OneTryIsOneTry) {
  Endurance endurance(kLimits);
  endurance.TryOnce();
  EXPECT_EQ(endurance.Failed(steady_clock::time_point{}), kLimits.pause);
  EXPECT_TRUE(endurance.stopped());
}

TEST(StandstillBookTest, EachIsTriedOnItsOwnAccountAndForgottenOnceItWorks) {
  StandstillBook book("lake", kLimits);
  const steady_clock::time_point begin{};
  EXPECT_TRUE(book.IsDue("a", begin));
  book.Note("a", Fail(Error::Exhausted("no space left")), begin);
  EXPECT_FALSE(book.IsDue("a", begin));
  EXPECT_TRUE(book.IsDue("b", begin));
  EXPECT_TRUE(book.IsDue("a", begin + milliseconds(20)));
  EXPECT_FALSE(book.All().front().stopped);
  book.Note("a", Fail(Error::Unavailable("input/output error")), begin + kLimits.try_for);
  ASSERT_EQ(book.All().size(), 1u);
  EXPECT_TRUE(book.All().front().stopped);
  EXPECT_EQ(book.All().front().reason, "input/output error");
  EXPECT_EQ(book.All().front().since, begin);
  EXPECT_FALSE(book.IsDue("a", begin + kLimits.try_for + kLimits.pause - milliseconds(1)));
  EXPECT_TRUE(book.IsDue("a", begin + kLimits.try_for + kLimits.pause));
  book.Note("a", {}, begin + 2 * kLimits.try_for);
  EXPECT_TRUE(book.All().empty());
}

TEST(StandstillBookTest, WhatHasStoppedSaysWhenItIsTriedAgain) {
  const auto at = [](int s) { return steady_clock::time_point(std::chrono::seconds(s)); };
  EXPECT_EQ(StoppedText(std::nullopt, at(5)), "stopped");
  EXPECT_EQ(StoppedText(at(12), at(5)), "stopped, and is tried again in 7 s");
  EXPECT_EQ(StoppedText(at(1), at(5)), "stopped, and is tried again in 0 s");
}

}  // namespace
}  // namespace tailrace
