#include "server/graph/part_history.h"

#include <gtest/gtest.h>

namespace tailrace::server {
namespace {

constexpr int64_t kMicrosPerMilli = 1'000;

PartSample Total(int64_t total) {
  PartSample sample;
  sample.total = total;
  return sample;
}

TEST(PartHistoryTest, KeepsWhatEachPartCountedWithItsTime) {
  PartHistory history;
  history.Add({5'000 * kMicrosPerMilli}, {{"stream/sales", Total(7)}, {"table/a", Total(1)}});
  history.Add({10'000 * kMicrosPerMilli}, {{"stream/sales", Total(9)}});
  const auto sales = history.Of("stream/sales");
  ASSERT_EQ(sales.size(), 2u);
  EXPECT_EQ(sales[0].at_ms, 5'000);
  EXPECT_EQ(sales[0].total, 7);
  EXPECT_EQ(sales[1].at_ms, 10'000);
  EXPECT_EQ(sales[1].total, 9);
  EXPECT_EQ(history.Of("table/a").size(), 1u);
  EXPECT_TRUE(history.Of("table/none").empty());
}

TEST(PartHistoryTest, TheOldestGoWhenThereAreTooMany) {
  PartHistory history;
  const auto kept = static_cast<int64_t>(kHistorySamplesMax);
  for (int64_t i = 0; i < kept + 3; ++i) history.Add({i * kMicrosPerMilli}, {{"stream/sales", Total(i)}});
  const auto samples = history.Of("stream/sales");
  ASSERT_EQ(samples.size(), kHistorySamplesMax);
  for (int64_t i = 0; i < kept; ++i) EXPECT_EQ(samples[static_cast<size_t>(i)].total, i + 3);
}

}  // namespace
}  // namespace tailrace::server
