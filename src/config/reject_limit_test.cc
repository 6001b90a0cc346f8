#include "config/reject_limit.h"

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

TEST(RejectLimit, IsAShareOrACountOfATimeOrACount) {
  const auto share = ParseRejectLimit("2.5% of 10m");
  ASSERT_TRUE(share);
  EXPECT_EQ(share->percent, 2.5);
  EXPECT_EQ(share->window_ms, 600'000);
  const auto count = ParseRejectLimit("1000 of 1h");
  ASSERT_TRUE(count);
  EXPECT_FALSE(count->percent);
  EXPECT_EQ(count->count, 1000);
  EXPECT_EQ(count->window_ms, 3'600'000);
  const auto open = ParseRejectLimit("7");
  ASSERT_TRUE(open);
  EXPECT_EQ(open->count, 7);
  EXPECT_EQ(open->window_ms, 0);
}

TEST(RejectLimit, NothingElseIsOne) {
  for (const char* text : {"", "%", "5%", "5% of", "5% of 0s", "101% of 1h", "-1", "-1% of 1h", "x of 1h", "1 of 1", "5 % of 1h", "1.5", "1 of 0s", "1e3x", "nan% of 1h"}) {
    EXPECT_FALSE(IsRejectLimit(text)) << text;
  }
}

}  // namespace
}  // namespace tailrace::config
