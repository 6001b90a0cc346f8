#include "config/param.h"

#include <gtest/gtest.h>

namespace tailrace::config {
namespace {

std::string Told(std::string_view text) {
  const auto param = ParseParam("p", text);
  if (!param) return "error: " + param.error();
  std::string told = TypeText(param->type);
  if (param->default_value) told += " = " + *param->default_value;
  if (param->min) told += " min " + *param->min;
  if (param->max) told += " max " + *param->max;
  return told + (param->required ? " required" : "");
}

TEST(ParamTest, PartsMayStandInAnyMix) {
  EXPECT_EQ(Told("int"), "int required");
  EXPECT_EQ(Told("int?"), "int?");
  EXPECT_EQ(Told("int = 10 max 100"), "int = 10 max 100");
  EXPECT_EQ(Told("int max 100 min -1"), "int min -1 max 100 required");
  EXPECT_EQ(Told("decimal(12,2) = 1.50 min 0.01"), "decimal(12,2) = 1.50 min 0.01");
  EXPECT_EQ(Told("string = United Kingdom"), "string = United Kingdom");
  EXPECT_EQ(Told("string = min max"), "string = min max");
  EXPECT_EQ(Told("string ="), "string = ");
  EXPECT_EQ(Told("date = 2020-01-01 max 2020-12-31"), "date = 2020-01-01 max 2020-12-31");
  EXPECT_EQ(Told("timestamp(%d=%m) = 1=2"), "timestamp(%d=%m) = 1=2");
  EXPECT_EQ(Told("bool = true"), "bool = true");
}

TEST(ParamTest, ValuesMustBeOfTheType) {
  EXPECT_EQ(Told("int = x"), "error: the default \"x\" is no int");
  EXPECT_EQ(Told("int = 9223372036854775808"), "error: the default \"9223372036854775808\" is no int");
  EXPECT_EQ(Told("decimal(3,1) = 100"), "error: the default \"100\" is no decimal(3,1)");
  EXPECT_EQ(Told("date = 2020-02-30"), "error: the default \"2020-02-30\" is no date");
  EXPECT_EQ(Told("bool = yes"), "error: the default \"yes\" is no bool");
  EXPECT_EQ(Told("int max"), "error: max \"\" is no int");
}

TEST(ParamTest, BoundsHoldTheDefault) {
  EXPECT_EQ(Told("int = 5 min 6"), "error: the default is less than min");
  EXPECT_EQ(Told("double = 0.5 max 0.25"), "error: the default is more than max");
  EXPECT_EQ(Told("int min 2 max 1"), "error: max is less than min");
}

TEST(ParamTest, NestedTypesAreRefused) { EXPECT_EQ(Told("json"), "error: a parameter is a single value, not json"); }

}  // namespace
}  // namespace tailrace::config
