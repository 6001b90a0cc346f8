#include "base/draw.h"

#include <gtest/gtest.h>

#include <set>

namespace tailrace {
namespace {

TEST(DrawTest, ADrawDependsOnItsSeedAndPlaceAlone) {
  EXPECT_EQ(DrawAt(7, 3), DrawAt(7, 3));
  std::set<uint64_t> seen;
  for (uint64_t seed = 0; seed < 30; ++seed) {
    for (int64_t i = 0; i < 30; ++i) seen.insert(DrawAt(seed, i));
  }
  EXPECT_EQ(seen.size(), 900u);
}

TEST(DrawTest, PausesFillTheirRange) {
  const PauseRange range{std::chrono::milliseconds(500), std::chrono::milliseconds(2000)};
  double sum = 0;
  for (int64_t i = 0; i < 1000; ++i) {
    const auto pause = PauseAt(range, 1, i);
    ASSERT_GE(pause, range.min);
    ASSERT_LE(pause, range.max);
    sum += static_cast<double>(pause.count());
  }
  EXPECT_NEAR(sum / 1000, 1'250'000, 50'000);
}

TEST(DrawTest, ARangeOfOneLengthIsThatLength) {
  const PauseRange range{std::chrono::milliseconds(20), std::chrono::milliseconds(20)};
  EXPECT_EQ(PauseAt(range, 5, 9), std::chrono::milliseconds(20));
}

}  // namespace
}  // namespace tailrace
