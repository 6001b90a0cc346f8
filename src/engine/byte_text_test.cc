#include "engine/byte_text.h"

#include <gtest/gtest.h>

namespace tailrace::engine {
namespace {

TEST(ByteText, Base64ComesBackAsItWent) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(FromBase64(Base64(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(ByteText, WhatIsNoBase64IsRefused) {
  EXPECT_FALSE(FromBase64("abc"));
  EXPECT_FALSE(FromBase64("ab*="));
  EXPECT_FALSE(FromBase64("a=bc"));
}

TEST(ByteText, OnlyWellFormedUtf8IsText) {
  EXPECT_TRUE(IsUtf8("\xC3\xA9\xF0\x9F\x98\x80"));
  EXPECT_FALSE(IsUtf8(std::string_view("a\0b", 3)));
  EXPECT_FALSE(IsUtf8("\xC3"));
  EXPECT_FALSE(IsUtf8("\xE0\x80\x80"));
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_FALSE(IsUtf8("\xE9t\xE9"));
}

}  // namespace
}  // namespace tailrace::engine
