#include "crypto/digest.h"

#include <gtest/gtest.h>

namespace tailrace::crypto {
namespace {

TEST(DigestTest, KnownTextsHaveTheirKnownDigests) {  // FIPS 180-4 examples
  EXPECT_EQ(HexText(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexText(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(DigestTest, OnlyTheSameBytesAreEqual) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  EXPECT_FALSE(EqualInConstantTime(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  EXPECT_FALSE(EqualInConstantTime("a", "ab"));
  EXPECT_FALSE(EqualInConstantTime("", "a"));
}

TEST(DigestTest, RandomBytesComeInTheLengthAskedForAndNeverTwice) {
  const auto one = RandomBytes(32);
  const auto another = RandomBytes(32);
  ASSERT_TRUE(one && another);
  EXPECT_EQ(one->size(), 32U);
  EXPECT_NE(*one, *another);
}

TEST(DigestTest, AWipedTextHoldsNothing) {
  std::string secret = "a text that is longer than what a small string keeps inside of itself";
  Wipe(secret);
  EXPECT_TRUE(secret.empty());
}

}  // namespace
}  // namespace tailrace::crypto
