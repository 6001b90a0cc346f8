#include "app/duration.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

TEST(DurationTest, UnitsAreWhatTheySay) {
  EXPECT_EQ(ParseDuration("45s"), std::chrono::seconds(45));
  EXPECT_EQ(ParseDuration("30m"), std::chrono::minutes(30));
  EXPECT_EQ(ParseDuration("24h"), std::chrono::hours(24));
  EXPECT_EQ(ParseDuration("90d"), std::chrono::hours(90 * 24));
}

TEST(DurationTest, AnythingElseIsRefused) {
  for (const char* text : {"", "d", "90", "0d", "-1d", "+1d", "1.5h", "1 d", "1w", "1D", "d1", "99999999999999999999d", "36501d", "1h30m"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tailrace::app
