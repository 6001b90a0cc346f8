#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace tailrace {
namespace {

TEST(Bytes, VarintsComeBackAndHaveTheSizeTheySay) {
  for (const int64_t value :
       {int64_t{0}, int64_t{-1}, int64_t{1}, int64_t{63}, int64_t{-64}, int64_t{64}, int64_t{8191}, int64_t{8192},
        int64_t{1} << 40, std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()}) {
    std::string bytes;
    AppendVarint(&bytes, value);
    EXPECT_EQ(bytes.size(), VarintSize(value)) << value;
    ByteReader reader(bytes);
    EXPECT_EQ(reader.Varint(), value);
    EXPECT_TRUE(reader.ok());
    EXPECT_EQ(reader.left(), 0u);
  }
}

TEST(Bytes, IntegersAreBigEndian) {
  std::string bytes;
  AppendBig32(&bytes, 0x01020304);
  AppendBig64(&bytes, 0x05060708090a0b0c);
  EXPECT_EQ(bytes, std::string("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c", 12));
}

TEST(Bytes, AReaderNeverPassesTheEnd) {
  ByteReader cut(std::string_view("\x01\x02\x03", 3));
  EXPECT_EQ(cut.Big32(), 0u);
  EXPECT_FALSE(cut.ok());

  ByteReader endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  endless.Varint();
  EXPECT_FALSE(endless.ok());

  ByteReader negative(
      std::string_view("\x01"
                       "abc",
                       4));  // zigzag: -1
  EXPECT_EQ(negative.Text(), "");
  EXPECT_FALSE(negative.ok());

  std::string longer;
  AppendVarint(&longer, 100);
  longer += "short";
  ByteReader reader(longer);
  EXPECT_EQ(reader.Text(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(Bytes, ABufferKeepsWhatItHoldsWhenItGrows) {
  ByteBuffer buffer;
  for (int i = 0; i < 1000; ++i) {
    char* to = buffer.Reserve(3);
    to[0] = static_cast<char>(i);
    buffer.set_end(to + 1);
  }
  ASSERT_EQ(buffer.size(), 1000u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(buffer.view()[static_cast<size_t>(i)], static_cast<char>(i));
}

}  // namespace
}  // namespace tailrace
