#include "app/retention.h"

#include "log/testing/log_fixture.h"

namespace tailrace::app {
namespace {

using log::kFirst;
using log::kSales;
using log::kSecond;

constexpr std::chrono::hours kKept{1};

class RetentionTest : public log::LogFixture {
 protected:
  RetentionTest() {
    clock_.Set({1'772'600'400'000'000});
    options_.segment_bytes = 1;  // each batch is a segment
    Open();
  }
  void Add(int batches, PartitionId partition = kFirst) {
    for (int i = 0; i < batches; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, partition, {"{}"}));
  }
  void Round() {
    Retention retention(*log_, clock_, {{"sales", kSales, kKept}}, [this](const RetainedStream& stream) {
      EXPECT_EQ(stream.name, "sales");
      return low_water_;
    });
    const Status done = retention.Round();
    ASSERT_TRUE(done) << done.error().message();
  }
  int64_t Begin(PartitionId partition = kFirst) { return log_->Partitions(kSales)[static_cast<size_t>(partition.value)].begin.value; }

  Positions low_water_{Offset{1000}, Offset{1000}};
};

TEST_F(RetentionTest, WhatIsYoungStays) {
  Add(5);
  clock_.Advance(kKept - std::chrono::seconds(1));
  Round();
  EXPECT_EQ(Begin(), 0);
}

TEST_F(RetentionTest, WhatIsOldGoesButForTheSegmentThatIsWrittenTo) {
  Add(5);
  Add(2, kSecond);
  clock_.Advance(kKept + std::chrono::seconds(1));
  Add(2);
  Round();
  EXPECT_EQ(Begin(), 5);
  EXPECT_EQ(Begin(kSecond), 1);
  EXPECT_EQ(ReadToEnd(*log_, kSales, kFirst, Offset{5})->size(), 2u);
}

// What the lake does not hold yet, and what something has yet to consume.
TEST_F(RetentionTest, NothingGoesThatIsNotBelowTheLowWater) {
  Add(5);
  Add(5, kSecond);
  clock_.Advance(kKept * 2);
  Add(1);
  Add(1, kSecond);
  low_water_ = {Offset{0}, Offset{3}};
  Round();
  EXPECT_EQ(Begin(), 0);
  EXPECT_EQ(Begin(kSecond), 3);
  low_water_ = {Offset{2}, Offset{3}};
  Round();
  EXPECT_EQ(Begin(), 2);
}

TEST_F(RetentionTest, StopTwiceIsFine) {
  Retention retention(*log_, clock_, {{"sales", kSales, kKept}}, [this](const RetainedStream&) { return low_water_; });
  retention.Start();
  retention.Stop();
  retention.Stop();
}

}  // namespace
}  // namespace tailrace::app
