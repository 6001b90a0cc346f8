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
