#include "server/dashboards/tile_rollups.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace tailrace::server {
namespace {

using std::chrono::seconds;

// Notes what was asked for; a rollup of ten groups takes a second.
class CountingMaker final : public RollupMaker {
 public:
  explicit CountingMaker(ManualClock& clock) : clock_(clock) {}

  Result<RollupPtr> MakeRollup(const RollupRequest& request, const std::stop_token&) override {
    asked.push_back(request);
    clock_.Advance(seconds(1));
    if (refuses) return RollupPtr();
    if (fails) return Fail(Error(ErrorCode::kExhausted, "no memory"));
    auto rollup = std::make_shared<OneRollup>();
    rollup->groups = 10;
    return rollup;
  }

  std::vector<RollupRequest> asked;
  bool refuses = false;
  bool fails = false;

 private:
  struct OneRollup final : Rollup {};

  ManualClock& clock_;
};

class TileRollupsTest : public ::testing::Test {
 protected:
  void Make(const std::string& tile, const std::string& version) { rollups_.Make(tile, version, {}, {}); }

  ManualClock clock_{WallTime{1'000'000}};
  CountingMaker maker_{clock_};
  Metrics metrics_;
  TileRollups rollups_{&maker_, 25, clock_, metrics_};
};

TEST_F(TileRollupsTest, GroupsAreOfTheVersionTheyWereMadeFor) {
  EXPECT_EQ(rollups_.Find("tile", "1"), nullptr);
  EXPECT_TRUE(rollups_.IsDue("tile", "1"));
  Make("tile", "1");
  EXPECT_NE(rollups_.Find("tile", "1"), nullptr);
  EXPECT_EQ(rollups_.Find("tile", "2"), nullptr);
  EXPECT_EQ(rollups_.Find("other", "1"), nullptr);
  EXPECT_FALSE(rollups_.IsDue("tile", "1"));
}

TEST_F(TileRollupsTest, MakingThemTakesATwentiethOfTheTime) {
  Make("tile", "1");
  clock_.Advance(seconds(19));
  EXPECT_FALSE(rollups_.IsDue("tile", "2"));
  clock_.Advance(seconds(1));
  EXPECT_TRUE(rollups_.IsDue("tile", "2"));
  Make("tile", "2");
  EXPECT_EQ(rollups_.Find("tile", "1"), nullptr);
  EXPECT_NE(rollups_.Find("tile", "2"), nullptr);
}

TEST_F(TileRollupsTest, WhatCannotBeMadeIsNotTriedAgainUntilSomethingIsCommitted) {
  maker_.refuses = true;
  Make("tile", "1");
  EXPECT_EQ(rollups_.Find("tile", "1"), nullptr);
  clock_.Advance(seconds(1'000));
  EXPECT_FALSE(rollups_.IsDue("tile", "1"));
  EXPECT_TRUE(rollups_.IsDue("tile", "2"));
  maker_.refuses = false;
  maker_.fails = true;
  Make("tile", "2");
  EXPECT_EQ(rollups_.Find("tile", "2"), nullptr);
}

TEST_F(TileRollupsTest, AllOfThemShareTheirRoom) {
  Make("one", "1");
  Make("two", "1");
  Make("three", "1");
  EXPECT_EQ(maker_.asked[0].groups_max, 25);
  EXPECT_EQ(maker_.asked[1].groups_max, 15);
  EXPECT_EQ(maker_.asked[2].groups_max, 5);
  Make("one", "2");  // its own are dropped first
  EXPECT_EQ(maker_.asked[3].groups_max, 5);
}

TEST_F(TileRollupsTest, NoRoomMeansNone) {
  Metrics metrics;
  TileRollups none(&maker_, 0, clock_, metrics);
  EXPECT_FALSE(none.IsDue("tile", "1"));
  Metrics others;
  TileRollups without(nullptr, 25, clock_, others);
  EXPECT_FALSE(without.IsDue("tile", "1"));
}

}  // namespace
}  // namespace tailrace::server
