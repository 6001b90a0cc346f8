#include "crypto/seal.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/digest.h"

namespace tailrace::crypto {
namespace {

const std::string kKey(kSealKeyBytes, 'k');

TEST(SealTest, WhatIsSealedIsReadAgainWithItsKeyAndContextAlone) {
  const auto sealed = Seal(kKey, "AKID", "the secret");
  ASSERT_TRUE(sealed.has_value());
  EXPECT_EQ(sealed->find("the secret"), std::string::npos);
  EXPECT_EQ(Unseal(kKey, "AKID", *sealed).value(), "the secret");
  EXPECT_FALSE(Unseal(std::string(kSealKeyBytes, 'l'), "AKID", *sealed).has_value());
  EXPECT_FALSE(Unseal(kKey, "OTHER", *sealed).has_value());
  EXPECT_FALSE(Unseal("short", "AKID", *sealed).has_value());
}

TEST(SealTest, ABitThatTurnsOverIsNoticedWhereverItIs) {
  const std::string sealed = Seal(kKey, "AKID", "the secret").value();
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(Unseal(kKey, "AKID", damaged).has_value()) << i;
    EXPECT_FALSE(Unseal(kKey, "AKID", sealed.substr(0, i)).has_value()) << i;
  }
}

TEST(SealTest, TheSameSecretIsNeverSealedTheSameWay) {
  EXPECT_NE(Seal(kKey, "AKID", "the secret").value(), Seal(kKey, "AKID", "the secret").value());
}

// RFC 4231, test case 2.
TEST(SealTest, HmacIsThatOfTheStandard) {
  EXPECT_EQ(HexText(HmacSha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace tailrace::crypto
