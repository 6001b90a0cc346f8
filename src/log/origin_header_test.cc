#include "log/origin_header.h"

#include <gtest/gtest.h>

#include "log/pending_batch.h"
#include "ports/testing/append_and_wait.h"

namespace tailrace::log {
namespace {

constexpr size_t kPostBytesMax = 16;

class Origins : public testing::Test {
 protected:
  // One more append of the batch, of records at these places.
  size_t Add(const Origin* origin, const std::vector<int64_t>& places) {
    std::vector<NewRecord> records;
    for (const int64_t place : places) records.push_back({"{}", std::nullopt, place});
    AppendRequest request;
    request.records = records;
    request.origin = origin;
    const size_t before = batch_.bytes();
    batch_.Add(request, {}, nullptr);
    EXPECT_LE(batch_.bytes() - before, PendingBatch::BytesMax(request));
    return batch_.bytes() - before;
  }

  std::vector<OriginRun> Read() {
    ByteBuffer packed;
    BatchHeader header;
    header.base_offset = 100;
    bytes_ = std::string(*batch_.Seal(header, Seq{1}, Compression::kNone, &packed));
    return ReadOrigins(std::string_view(bytes_).substr(kBatchHeaderBytes), header.base_offset, batch_.records());
  }

  static std::string Text(const OriginRun& run) {
    return std::to_string(run.first.value) + " " + std::string(run.origin.name) + "|" + std::string(run.origin.client) + "|" +
           std::string(run.origin.item) + "|" + run.origin.RequestId() + " " + std::to_string(run.place);
  }

  PendingBatch batch_;
  std::string bytes_;
};

TEST_F(Origins, AllPartsComeBackWhateverStoodBefore) {
  const Origin first{OriginKind::kDoor, PlaceUnit::kRecord, "door", "ann", {}, "r1-", 7};
  Origin second = first;
  second.number = 8;
  Origin third = first;
  third.client = "bob";
  third.number.reset();
  third.request = "k0123";
  const Origin fourth{OriginKind::kSource, PlaceUnit::kLine, "file", {}, "a.csv", {}, {}};
  Origin fifth = fourth;
  fifth.item = "b.csv";
  Add(&first, {0});
  Add(&second, {0, 1, 2});
  Add(&third, {0});
  Add(&fourth, {10, 12});
  Add(&fifth, {1});
  Add(nullptr, {0});
  Add(&first, {5});
  const std::vector<OriginRun> runs = Read();
  ASSERT_EQ(runs.size(), 7u);
  EXPECT_EQ(Text(runs[0]), "100 door|ann||r1-7 0");
  EXPECT_EQ(Text(runs[1]), "101 door|ann||r1-8 0");
  EXPECT_EQ(runs[1].PlaceOf(Offset{103}), 2);
  EXPECT_EQ(Text(runs[2]), "104 door|bob||k0123 0");
  EXPECT_EQ(Text(runs[3]), "105 file||a.csv| 10");
  EXPECT_EQ(runs[3].PlaceOf(Offset{106}), 12);
  EXPECT_EQ(Text(runs[4]), "107 file||b.csv| 1");
  EXPECT_EQ(Text(runs[5]), "108 ||| 0");
  EXPECT_EQ(runs[5].origin.kind, OriginKind::kUnknown);
  EXPECT_EQ(Text(runs[6]), "109 door|ann||r1-7 5");
  EXPECT_EQ(batch_.origins(), (std::vector<OriginCount>{{"door", 6}, {"file", 3}, {"", 1}}));
}

TEST_F(Origins, ARequestLikeTheOneBeforeTakesAFewBytes) {
  Origin origin{OriginKind::kDoor, PlaceUnit::kRecord, "POST /streams/sales", "shop", {}, "r5f2e7a0c1b2d3-", 1'000'000};
  const size_t plain = Add(nullptr, {0});
  Add(&origin, {0});
  EXPECT_LE(Add(&origin, {0}), plain + kPostBytesMax);
}

TEST_F(Origins, LinesOneAfterTheOtherTakeNoBytesEach) {
  const Origin origin{OriginKind::kSource, PlaceUnit::kLine, "file", {}, "a.csv", {}, {}};
  std::vector<int64_t> lines;
  for (int64_t line = 2; line < 1002; ++line) lines.push_back(line);
  const size_t with = Add(&origin, lines);
  batch_.Reset(0);
  EXPECT_LE(with, Add(nullptr, lines) + 40);
}

TEST_F(Origins, ABatchThatSaysNothingIsUnknown) {
  Add(nullptr, {0, 0});
  EXPECT_TRUE(Read().empty());
}

TEST_F(Origins, TheNextBatchOwesNothingToTheOneBefore) {
  const Origin origin{OriginKind::kDoor, PlaceUnit::kNone, "door", {}, {}, {}, {}};
  Add(&origin, {0});
  batch_.Reset(1 << 20);
  Add(&origin, {0});
  ASSERT_EQ(Read().size(), 1u);
  EXPECT_EQ(batch_.origins(), (std::vector<OriginCount>{{"door", 1}}));
}

TEST(OriginHeader, BytesThatAreNoneAreRefused) {
  std::vector<OriginRun> runs;
  EXPECT_FALSE(ReadOrigin("", {}, &runs));
  EXPECT_FALSE(ReadOrigin(std::string(1, '\x40'), {}, &runs));            // a part that there is not
  EXPECT_FALSE(ReadOrigin(std::string("\x01\x07\x00\x00\x00", 5), {}, &runs));  // a kind that there is not
  EXPECT_FALSE(ReadOrigin("\x02\x7f", {}, &runs));                        // cut off
  EXPECT_FALSE(ReadOrigin(std::string("\x00x", 2), {}, &runs));           // more than it says
  EXPECT_TRUE(runs.empty());
}

}  // namespace
}  // namespace tailrace::log
