#include "app/scenario/expectation.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

JsonValue Json(std::string_view text) {
  auto value = ParseJson(text);
  EXPECT_TRUE(value) << text;
  return value ? *value : JsonValue{};
}

std::vector<JsonValue> Rows(std::string_view list) { return Json(list).items; }

bool Agrees(std::string_view expected, std::string_view actual) { return IsAsExpected(Json(expected), Json(actual)); }

TEST(Expectation, NumbersCompareByValue) {
  EXPECT_TRUE(Agrees("7.5", "7.500"));
  EXPECT_TRUE(Agrees("15", "15.000"));
  EXPECT_TRUE(Agrees("-0", "0.0"));
  EXPECT_TRUE(Agrees("1e3", "1000"));
  EXPECT_TRUE(Agrees("0.3", "0.30000000000000004"));
  EXPECT_FALSE(Agrees("7.5", "7.51"));
  EXPECT_FALSE(Agrees("1", "-1"));
}

TEST(Expectation, WholeNumbersAreExactBeyondDoubles) {
  EXPECT_FALSE(Agrees("9007199254740993", "9007199254740992"));
  EXPECT_FALSE(Agrees("99999999999999999999999999999999999999", "99999999999999999999999999999999999998"));
}

TEST(Expectation, PlainScalarMatchesTheTextItWasWrittenFor) {
  EXPECT_TRUE(Agrees("22197", "\"22197\""));
  EXPECT_TRUE(Agrees("true", "\"true\""));
  EXPECT_TRUE(Agrees("\"7.5\"", "7.50"));
  EXPECT_FALSE(Agrees("22197", "\"022197\""));
}

TEST(Expectation, TimesCompareAsTimes) {
  EXPECT_TRUE(Agrees("\"2010-12-01T08:00Z\"", "\"2010-12-01T08:00:00Z\""));
  EXPECT_TRUE(Agrees("\"2010-12-01 10:00+02:00\"", "\"2010-12-01T08:00:00Z\""));
  EXPECT_FALSE(Agrees("\"2010-12-01T08:00:01Z\"", "\"2010-12-01T08:00:00Z\""));
}

TEST(Expectation, NullIsOnlyNull) {
  EXPECT_TRUE(Agrees("null", "null"));
  EXPECT_FALSE(Agrees("null", "0"));
  EXPECT_FALSE(Agrees("\"\"", "null"));
}

TEST(Expectation, ObjectsMayHaveMoreMembersListsMayNot) {
  EXPECT_TRUE(Agrees(R"({"a":{"b":1}})", R"({"a":{"b":1,"c":2},"d":3})"));
  EXPECT_FALSE(Agrees(R"({"a":{"b":1}})", R"({"a":{"c":2}})"));
  EXPECT_TRUE(Agrees("[1,2]", "[1,2]"));
  EXPECT_FALSE(Agrees("[1]", "[1,2]"));
  EXPECT_FALSE(Agrees("[1,2]", "[2,1]"));
}

TEST(Expectation, RowsComeInAnyOrderAndNameSomeColumns) {
  EXPECT_EQ(RowsDifference("t", Rows(R"([{"k":"b"},{"k":"a","n":1}])"), Rows(R"([{"k":"a","n":1},{"k":"b","n":2}])")),
            "");
}

TEST(Expectation, ARowIsNotUsedTwice) {
  EXPECT_NE(RowsDifference("t", Rows(R"([{"k":"a"},{"k":"a"}])"), Rows(R"([{"k":"a"},{"k":"b"}])")), "");
}

// The first expected row fits both; it must leave to the second the only one that fits that.
TEST(Expectation, RowsAreHandedOnUntilAllFit) {
  EXPECT_EQ(RowsDifference("t", Rows(R"([{"k":"a"},{"k":"a","n":1}])"), Rows(R"([{"k":"a","n":1},{"k":"a","n":2}])")),
            "");
}

TEST(Expectation, LeftOverRowsAreADifference) {
  EXPECT_EQ(RowsDifference("t", Rows("[]"), Rows("[]")), "");
  const std::string text = RowsDifference("t", Rows(R"([{"k":"a"}])"), Rows(R"([{"k":"a","n":1},{"k":"b","n":2}])"));
  EXPECT_EQ(text, "t: expected 1 row, found 2\n    found    {\"k\":\"b\"}");
}

TEST(Expectation, AWrongColumnNameIsTold) {
  const std::string text = RowsDifference("t", Rows(R"([{"revenu":1}])"), Rows(R"([{"revenue":1}])"));
  EXPECT_NE(text.find("no column revenu (did you mean revenue?)"), std::string::npos) << text;
}

TEST(Expectation, ManyLeftOverRowsAreCounted) {
  std::vector<JsonValue> rows(kShownRowsMax + 5, Json(R"({"k":1})"));
  EXPECT_NE(RowsDifference("t", {}, rows).find("and 5 more"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::app
