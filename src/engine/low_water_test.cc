#include "engine/low_water.h"

#include <gtest/gtest.h>

namespace tailrace::engine {
namespace {

void Add(Progress& progress, const std::string& kind, const std::string& name, const std::string& stream, Positions positions, bool shadow = false) {
  MaterializationProgress added;
  added.kind = kind;
  added.name = name;
  added.stream = stream;
  added.positions = std::move(positions);
  added.shadow = shadow;
  progress.Add(std::move(added));
}

Positions At(std::vector<int64_t> offsets) {
  Positions positions;
  for (const int64_t offset : offsets) positions.push_back(Offset{offset});
  return positions;
}

TEST(LowWaterTest, WithoutConsumersItIsWhatTheLakeHolds) {
  const Progress progress;
  EXPECT_EQ(LowWater(progress, "sales", At({5, 7})), At({5, 7}));
  EXPECT_EQ(LowWater(progress, "sales", {}), Positions{});
}

TEST(LowWaterTest, TheSlowestConsumerOfTheStreamHoldsItBackInEachPartition) {
  Progress progress;
  Add(progress, "table", "a", "sales", At({4, 9}));
  Add(progress, "collection", "b", "sales", At({8, 2}));
  Add(progress, "rows", "other", "other", At({0, 0}));
  EXPECT_EQ(LowWater(progress, "sales", At({5, 7})), At({4, 2}));
  EXPECT_EQ(LowWater(progress, "sales", At({1, 1})), At({1, 1}));
}

TEST(LowWaterTest, AShadowCountsToo) {
  Progress progress;
  Add(progress, "table", "a", "sales", At({9}));
  Add(progress, "table", "a@shadow", "sales", At({3}), /*shadow=*/true);
  EXPECT_EQ(LowWater(progress, "sales", At({9})), At({3}));
}

TEST(LowWaterTest, OfAPartitionThatAConsumerKnowsNothingOfNothingMayGo) {
  Progress progress;
  Add(progress, "table", "a", "sales", At({9}));
  EXPECT_EQ(LowWater(progress, "sales", At({9, 9})), At({9, 0}));
}

}  // namespace
}  // namespace tailrace::engine
