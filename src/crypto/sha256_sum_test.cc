#include "crypto/sha256_sum.h"

#include <gtest/gtest.h>

#include "crypto/digest.h"

namespace tailrace::crypto {
namespace {

TEST(Sha256SumTest, PiecesHaveTheDigestOfTheWhole) {
  Sha256Sum sum;
  for (const char* piece : {"a", "", "bc"}) sum.Add(piece);
  EXPECT_EQ(sum.Finish(), Sha256("abc"));
  EXPECT_EQ(Sha256Sum().Finish(), Sha256(""));
}

}  // namespace
}  // namespace tailrace::crypto
