#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

TEST(Utf8, WhereItIsNotWellFormed) {
  EXPECT_EQ(FirstNonUtf8(""), std::nullopt);
  EXPECT_EQ(FirstNonUtf8("a\xC3\xA9\xF0\x9F\x98\x80"), std::nullopt);
  EXPECT_EQ(FirstNonUtf8("a\xC3"), 1u) << "cut off";
  EXPECT_EQ(FirstNonUtf8("ab\xE0\x80\x80"), 2u) << "longer than it need be";
  EXPECT_EQ(FirstNonUtf8("\xED\xA0\x80"), 0u) << "half of a pair";
  EXPECT_EQ(FirstNonUtf8("\xF4\x90\x80\x80"), 0u) << "beyond the last character";
  EXPECT_EQ(FirstNonUtf8("\xE9t\xE9"), 0u);
}

TEST(Utf8, ALongTextIsCutBetweenCharacters) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcd", 3), "abc...");
  EXPECT_EQ(CutText("ab\xC3\xA9z", 3), "ab...");
  EXPECT_EQ(CutText("\x80\x80\x80", 2), "...");
}

TEST(Utf8, AnyBytesAreShownAsOneLineOfText) {
  EXPECT_EQ(ShownText("caf\xC3\xA9", 80), "caf\xC3\xA9");
  EXPECT_EQ(ShownText("a\nb\tc\x1b[2J\x7f", 80), "a\\nb\\tc\\x1b[2J\\x7f");
  EXPECT_EQ(ShownText("Espa\xC9\xB1\xC9x", 80), "Espa\xC9\xB1\\xc9x");
  EXPECT_EQ(ShownText("abcdef", 3), "abc...");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(FirstNonUtf8(ShownText(all, 300)), std::nullopt);
}

}  // namespace
}  // namespace tailrace
