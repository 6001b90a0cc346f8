#include "config/quantity.h"

#include <gtest/gtest.h>

#include "config/limit_keys.h"

namespace tailrace::config {
namespace {

TEST(QuantityTest, SizesAreBinaryWithAnIAndDecimalWithoutOne) {
  EXPECT_EQ(ParseSize("64MiB"), int64_t{64} << 20);
  EXPECT_EQ(ParseSize("8GB"), 8'000'000'000);
  EXPECT_EQ(ParseSize("1.5KiB"), 1536);
  EXPECT_EQ(ParseSize("512"), 512);
}

TEST(QuantityTest, WhatIsNoQuantityIsRefused) {
  for (const char* text : {"", "MiB", "-1MiB", "1 MiB", "1mib", "1.MiB", ".5MiB", "1.2.3MiB", "1e3MiB", "99999999TiB", "0x10"}) {
    EXPECT_FALSE(ParseSize(text)) << text;
  }
  for (const char* text : {"", "30", "s", "1 h", "1w", "-5s"}) EXPECT_FALSE(ParseDuration(text)) << text;
}

TEST(QuantityTest, TextsAreReadBackAsTheSameValue) {
  for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{1000}, int64_t{1024}, int64_t{1500}, int64_t{64} << 20, int64_t{8'000'000'000}}) {
    EXPECT_EQ(ParseSize(SizeText(value)), value) << SizeText(value);
    EXPECT_EQ(ParseDuration(DurationText(value)), value) << DurationText(value);
  }
  EXPECT_EQ(SizeText(int64_t{64} << 20), "64MiB");
  EXPECT_EQ(DurationText(30'000), "30s");
}

TEST(LimitKeysTest, DefaultsLieWithinTheirBounds) {
  for (const LimitKey& key : LimitKeys()) {
    EXPECT_LE(key.min, key.max) << key.name;
    if (key.default_value == 0) continue;
    EXPECT_GE(key.default_value, key.min) << key.name;
    EXPECT_LE(key.default_value, key.max) << key.name;
  }
}

}  // namespace
}  // namespace tailrace::config
