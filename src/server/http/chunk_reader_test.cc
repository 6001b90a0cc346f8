#include "server/http/chunk_reader.h"

#include <gtest/gtest.h>

#include <vector>

namespace tailrace::server {
namespace {

constexpr size_t kBodyBytesMax = 100;

struct Answer {
  std::string body;
  bool done = false;
  int refused = 0;
  bool operator==(const Answer&) const = default;
};

// As a connection reads: what was not consumed comes again.
Answer Read(std::string_view bytes, size_t step) {
  ChunkReader reader;
  Answer answer;
  std::string waiting;
  for (size_t at = 0; at < bytes.size() && !answer.done && answer.refused == 0; at += step) {
    waiting += bytes.substr(at, step);
    const ChunkProgress progress = reader.Read(waiting, answer.body, kBodyBytesMax);
    waiting.erase(0, progress.consumed);
    answer.done = progress.done;
    answer.refused = progress.fault ? progress.fault->status : 0;
  }
  return answer;
}

void ExpectAlways(std::string_view bytes, const Answer& expected) {
  for (size_t step = 1; step <= bytes.size(); ++step) {
    const Answer found = Read(bytes, step);
    EXPECT_EQ(found.done, expected.done) << bytes << " by " << step;
    EXPECT_EQ(found.refused, expected.refused) << bytes << " by " << step;
    if (expected.done) {
      EXPECT_EQ(found.body, expected.body) << bytes << " by " << step;
    }
  }
}

TEST(ChunkReaderTest, ChunksAreOneBodyHoweverTheyArrive) {
  ExpectAlways("3\r\nabc\r\n0004;x=\"y\"\r\ndefg\r\n0\r\nA: b\r\n\r\n", {"abcdefg", true, 0});
  ExpectAlways("0\r\n\r\n", {"", true, 0});
  ExpectAlways("A\r\n0123456789\r\n0 ;last\r\n\r\n", {"0123456789", true, 0});
}

TEST(ChunkReaderTest, WhatFollowsTheLastChunkIsLeftAlone) {
  ChunkReader reader;
  std::string body;
  const ChunkProgress progress = reader.Read("1\r\na\r\n0\r\n\r\nGET /", body, kBodyBytesMax);
  EXPECT_TRUE(progress.done);
  EXPECT_EQ(progress.consumed, std::string_view("1\r\na\r\n0\r\n\r\n").size());
}

TEST(ChunkReaderTest, WhatIsNotCutCleanlyIsRefusedHoweverItArrives) {
  for (const char* bytes : {"\r\n", "x\r\n", "-1\r\n", "+1\r\n", "0x1\r\n", " 1\r\n", "1\n", "12\n", "1;ab\n", "1;\x01\r\n", "1 2\r\n", "1\r\nabc", "1\r\na\n0\r\n",
                            "0\r\n\n", "0\r\nX\r\n", "0\r\n: y\r\n", "0\r\nX : y\r\n", "0\r\nX: a\r\n b\r\n", "0\r\nX: \x7f\r\n", "0\r\nX: yz\n"}) {
    ExpectAlways(bytes, {"", false, 400});
  }
}

TEST(ChunkReaderTest, ABodyBeyondTheLimitIsRefusedBeforeItComes) {
  for (const char* bytes : {"65\r\n", "ffffffffffffffff\r\n", "10000000000000000\r\n"}) ExpectAlways(bytes, {"", false, 413});
  ExpectAlways("32\r\n" + std::string(50, 'a') + "\r\n33\r\n", {"", false, 413});
}

TEST(ChunkReaderTest, LinesAreBounded) {
  const std::string long_text(5000, 'x');
  for (const std::string& bytes : {"1;" + long_text, "0\r\nX: " + long_text}) {
    EXPECT_EQ(Read(bytes, 1).refused, 400);
    EXPECT_EQ(Read(bytes + "\r\n\r\n", bytes.size() + 4).refused, 400);
  }
}

}  // namespace
}  // namespace tailrace::server
