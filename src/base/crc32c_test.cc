#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace tailrace {
namespace {

// RFC 3720, appendix B.4.
TEST(Crc32c, AgreesWithThePublishedExamples) {
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32c, GoesOnFromASeed) {
  const std::string text = "a text that is cut at an odd place";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    EXPECT_EQ(Crc32c(text.substr(cut), Crc32c(text.substr(0, cut))), Crc32c(text));
  }
}

}  // namespace
}  // namespace tailrace
