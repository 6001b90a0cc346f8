#include "engine/reject_window.h"

#include <gtest/gtest.h>

namespace tailrace::engine {
namespace {

using config::ParseRejectLimit;

TEST(IsOverTest, ACountIsPassedByOneMore) {
  EXPECT_FALSE(IsOver(*ParseRejectLimit("3 of 1m"), {3, 3}));
  EXPECT_TRUE(IsOver(*ParseRejectLimit("3 of 1m"), {4, 4}));
  EXPECT_FALSE(IsOver(*ParseRejectLimit("0"), {0, 0}));
  EXPECT_TRUE(IsOver(*ParseRejectLimit("0"), {1, 0}));
}

TEST(IsOverTest, AShareIsOfTheRecordsThatCame) {
  const auto limit = *ParseRejectLimit("5% of 10m");
  EXPECT_FALSE(IsOver(limit, {50, 1000}));
  EXPECT_TRUE(IsOver(limit, {51, 1000}));
  EXPECT_FALSE(IsOver(limit, {0, 0}));
}

TEST(IsOverTest, FewRecordsCountAsAHundred) {
  const auto limit = *ParseRejectLimit("5% of 10m");
  EXPECT_FALSE(IsOver(limit, {1, 1}));
  EXPECT_FALSE(IsOver(limit, {5, 5}));
  EXPECT_TRUE(IsOver(limit, {6, 6})) << "all six refused: more than 5 of 100";
}

TEST(RejectWindowTest, ALetterCountsUntilTheWindowHasPassed) {
  constexpr int64_t kStep = 1000;
  RejectWindow window(RejectWindow::kSteps * kStep);
  window.Add(5'000, false);
  window.Add(30'000, true);
  EXPECT_EQ(window.Count(30'000).all, 2);
  EXPECT_EQ(window.Count(30'000).not_in_log, 1);
  EXPECT_EQ(window.Count(5'000 + 60'000).all, 2) << "at its end it is still in";
  EXPECT_EQ(window.Count(5'000 + 60'000 + kStep).all, 1) << "a step later it is out";
  EXPECT_EQ(window.Count(30'000 + 60'000 + kStep).all, 0);
}

TEST(RejectWindowTest, WhatIsReadAgainFromBeginAtCountsAsWhatWasKept) {
  for (const int64_t now : {100'000, 100'999, 123'456, 159'999, 160'000, 161'001}) {
    RejectWindow kept(60'000);
    RejectWindow read_again(60'000);
    for (int64_t time = 90'000; time <= now; time += 137) {
      kept.Add(time, false);
      if (time >= read_again.BeginAt(now)) read_again.Add(time, false);
    }
    EXPECT_EQ(kept.Count(now).all, read_again.Count(now).all) << now;
    EXPECT_GT(kept.Count(now).all, 0) << now;
  }
}

TEST(RejectWindowTest, AClockSetBackForgetsNothing) {
  RejectWindow window(60'000);
  window.Add(100'000, false);
  EXPECT_EQ(window.Count(50'000).all, 1);
}

TEST(RejectWindowTest, ClearForgetsAll) {
  RejectWindow window(60'000);
  window.Add(1'000, false);
  window.Clear();
  EXPECT_EQ(window.Count(1'000).all, 0);
}

TEST(RejectWindowTest, AWindowShorterThanItsStepsWorks) {
  RejectWindow window(10);
  window.Add(100, false);
  EXPECT_EQ(window.Count(110).all, 1);
  EXPECT_EQ(window.Count(111).all, 0);
}

}  // namespace
}  // namespace tailrace::engine
