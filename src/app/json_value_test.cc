#include "app/json_value.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

std::string AgainAsText(std::string_view json) {
  const auto value = ParseJson(json);
  return value ? ToJson(*value) : "error: " + value.error().message();
}

TEST(JsonValue, ComesBackAsItWas) {
  for (const std::string text : {"null", "true", "-12.50", "123456789012345678901234567890", "1e400", R"("a\"\\ü\n")",
                                 "[]", "{}", R"({"a":[1,{"b":null}],"a b":"c"})"}) {
    EXPECT_EQ(AgainAsText(text), text);
  }
}

TEST(JsonValue, BlanksAroundAValueAreNothing) { EXPECT_EQ(AgainAsText(" \n[ 1 , 2 ]\t"), "[1,2]"); }

TEST(JsonValue, EscapesAreUndone) { EXPECT_EQ(ParseJson(R"("\u00fc\ud83d\ude00")")->text, "ü😀"); }

TEST(JsonValue, WhatIsNotOneValueIsRefused) {
  for (const std::string_view text : {"", " ", "{", "[1", "1,2", "nul", "{\"a\":}", "{\"a\" 1}", "[1] x", "\"a"}) {
    EXPECT_FALSE(ParseJson(text)) << text;
  }
}

TEST(JsonValue, DepthHasALimit) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(ParseJson(nested(kJsonDepthMax)));
  EXPECT_FALSE(ParseJson(nested(kJsonDepthMax + 2)));
}

TEST(JsonValue, CellsShowTextsWithoutQuotes) {
  EXPECT_EQ(CellText(*ParseJson("\"a b\"")), "a b");
  EXPECT_EQ(CellText(*ParseJson("null")), "");
  EXPECT_EQ(CellText(*ParseJson("{\"a\":1}")), "{\"a\":1}");
}

}  // namespace
}  // namespace tailrace::app
