#include "app/progress_line.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

TEST(ProgressLine, TheBarFillsFromTheLeftAndNeverOverflows) {
  EXPECT_EQ(Bar(0, 6), "[    ]");
  EXPECT_EQ(Bar(0.5, 6), "[==  ]");
  EXPECT_EQ(Bar(1, 6), "[====]");
  EXPECT_EQ(Bar(7, 6), "[====]");
  EXPECT_EQ(Bar(-1, 6), "[    ]");
}

TEST(ProgressLine, DurationsAreToldInTheUnitThatFits) {
  EXPECT_EQ(DurationText(0.44), "0.4 s");
  EXPECT_EQ(DurationText(12.3), "12 s");
  EXPECT_EQ(DurationText(200), "3 min 20 s");
}

TEST(ProgressLine, TheTimeLeftIsThatOfWhatIsLeft) {
  EXPECT_EQ(ProgressText({.rows = 100, .bytes_done = 250, .bytes_all = 1000, .seconds = 10}), "  [=====               ]  25 %  100 rows  10 rows/s  30 s left");
}

TEST(ProgressLine, WhatWasDoneBeforeItWasTakenUpTookNoTimeOfThisOne) {
  EXPECT_EQ(ProgressText({.rows = 100, .bytes_begun = 800, .bytes_done = 900, .bytes_all = 1000, .seconds_begun = 2, .seconds = 22}),
            "  [==================  ]  90 %  100 rows  4 rows/s  20 s left");
  EXPECT_EQ(ProgressText({.rows = 0, .bytes_begun = 900, .bytes_done = 900, .bytes_all = 1000, .seconds = 1}), "  [==================  ]  90 %  0 rows  0 rows/s");
}

TEST(Console, NumbersAreGroupedByThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(541909), "541,909");
  EXPECT_EQ(Grouped(-1234567), "-1,234,567");
}

TEST(Console, OneIsSingular) {
  EXPECT_EQ(Counted(1, "row"), "1 row");
  EXPECT_EQ(Counted(0, "row"), "0 rows");
}

}  // namespace
}  // namespace tailrace::app
