#include "engine/source_appender.h"

#include <gtest/gtest.h>

namespace tailrace::engine {
namespace {

TEST(PositionDetail, ComesBackWithBothEndsOfTheBatch) {
  for (const char* detail : {"", "12;4096:0badcafe;-", "+3;1;x"}) {
    const std::string text = PositionDetail({7, detail}, "end;of;it");
    const auto point = ParsePositionDetail(text, 19);
    ASSERT_TRUE(point) << text;
    EXPECT_EQ(point->next, 7);
    EXPECT_EQ(point->detail, detail);
    EXPECT_EQ(point->held_next, 19);
    EXPECT_EQ(point->held_detail, "end;of;it");
  }
}

TEST(PositionDetail, OfAnOlderVersionKnowsTheBeginningAlone) {
  const auto point = ParsePositionDetail("700;12;4096:0badcafe;-", 900);
  ASSERT_TRUE(point);
  EXPECT_EQ(point->next, 700);
  EXPECT_EQ(point->detail, "12;4096:0badcafe;-");
  EXPECT_EQ(point->held_next, 0);
}

TEST(PositionDetail, RubbishIsNone) {
  for (const char* text : {"", "x", "12", "+", "+12;", "+12;3", "+12;4;abc", "+12;-1;abc", "+x;0;", "99999999999999999999;"})
    EXPECT_FALSE(ParsePositionDetail(text, 1)) << text;
}

}  // namespace
}  // namespace tailrace::engine
