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
    if (refuses || request.fixed.size() < fixed_min) return RollupPtr();
    if (fails) return Fail(Error(ErrorCode::kExhausted, "no memory"));
    auto rollup = std::make_shared<Rollup>();
    rollup->groups = GroupsFor(request);
    return rollup;
  }

  std::vector<RollupRequest> asked;
  bool refuses = false;
  bool fails = false;
  bool shares = false;    // the groups of the first that are there
  size_t fixed_min = 0;   // fewer fixed parameters mean too many groups

 private:
  struct TenGroups final : RollupGroups {};

  std::shared_ptr<const RollupGroups> GroupsFor(const RollupRequest& request) const {
    if (shares && !request.others.empty()) return request.others.front()->groups;
    auto groups = std::make_shared<TenGroups>();
    groups->groups = 10;
    for (const QueryParameter& parameter : request.query.parameters) {
      if (request.fixed.contains(parameter.name)) groups->fixed.push_back(parameter);
    }
    return groups;
  }

  ManualClock& clock_;
};

class TileRollupsTest : public ::testing::Test {
 protected:
  void Make(const std::string& tile, const std::string& version) { rollups_.Make(tile, version, {}, {}, {}); }

  RollupPtr Find(const std::string& tile, const std::string& version) const { return rollups_.Find(tile, version, {}); }

  // Null is no country.
  static std::vector<QueryParameter> Asking(const std::string& country, const std::string& since) {
    return {{"country", country, {}, country.empty()}, {"since", since, {}, false}};
  }

  ManualClock clock_{WallTime{1'000'000}};
  CountingMaker maker_{clock_};
  Metrics metrics_;
  TileRollups rollups_{&maker_, 25, clock_, metrics_};
};

TEST_F(TileRollupsTest, GroupsAreOfTheVersionTheyWereMadeFor) {
  EXPECT_EQ(Find("tile", "1"), nullptr);
  EXPECT_TRUE(rollups_.IsDue("tile", "1"));
  Make("tile", "1");
  EXPECT_NE(Find("tile", "1"), nullptr);
  EXPECT_EQ(Find("tile", "2"), nullptr);
  EXPECT_EQ(Find("other", "1"), nullptr);
  EXPECT_FALSE(rollups_.IsDue("tile", "1"));
}

TEST_F(TileRollupsTest, MakingThemTakesATwentiethOfTheTime) {
  Make("tile", "1");
  clock_.Advance(seconds(19));
  EXPECT_FALSE(rollups_.IsDue("tile", "2"));
  clock_.Advance(seconds(1));
  EXPECT_TRUE(rollups_.IsDue("tile", "2"));
  Make("tile", "2");
  EXPECT_EQ(Find("tile", "1"), nullptr);
  EXPECT_NE(Find("tile", "2"), nullptr);
}

TEST_F(TileRollupsTest, WhatCannotBeMadeIsNotTriedAgainUntilSomethingIsCommitted) {
  maker_.refuses = true;
  Make("tile", "1");
  EXPECT_EQ(Find("tile", "1"), nullptr);
  clock_.Advance(seconds(1'000));
  EXPECT_FALSE(rollups_.IsDue("tile", "1"));
  EXPECT_TRUE(rollups_.IsDue("tile", "2"));
  maker_.refuses = false;
  maker_.fails = true;
  Make("tile", "2");
  EXPECT_EQ(Find("tile", "2"), nullptr);
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

TEST_F(TileRollupsTest, WhereAllQuestionsHaveTooManyGroupsSomeHaveTheirOwn) {
  maker_.fixed_min = 1;
  QueryRequest query;
  query.parameters = Asking("", "2011");
  rollups_.Make("tile", "1", query, {{"since"}, {"country"}}, {});
  ASSERT_EQ(maker_.asked.size(), 3U);
  EXPECT_EQ(maker_.asked[2].groups_max, 15);
  const RollupPtr any_country = rollups_.Find("tile", "1", Asking("Norway", "2011"));
  const RollupPtr any_time = rollups_.Find("tile", "1", Asking("", "2012"));
  ASSERT_TRUE(any_country && any_time);
  EXPECT_EQ(any_country->groups->fixed[0].name, "since");
  EXPECT_EQ(any_time->groups->fixed[0].name, "country");
  EXPECT_EQ(rollups_.Find("tile", "1", Asking("Norway", "2012")), nullptr);
  EXPECT_EQ(rollups_.Find("tile", "2", Asking("Norway", "2011")), nullptr);
  EXPECT_EQ(rollups_.Find("tile", "1", {}), nullptr);
}

TEST_F(TileRollupsTest, OneThatAnswersAllNeedsNoOthers) {
  QueryRequest query;
  query.parameters = Asking("", "2011");
  rollups_.Make("tile", "1", query, {{"since"}, {"country"}}, {});
  EXPECT_EQ(maker_.asked.size(), 1U);
  EXPECT_NE(rollups_.Find("tile", "1", Asking("Norway", "2012")), nullptr);
}

TEST_F(TileRollupsTest, GroupsThatTilesShareAreCountedOnceAndAreOfTheSameCommits) {
  maker_.shares = true;
  Make("one", "1");
  Make("two", "1");
  EXPECT_EQ(maker_.asked[1].others.size(), 1U);
  EXPECT_EQ(Find("one", "1")->groups, Find("two", "1")->groups);
  Make("three", "2");
  EXPECT_EQ(maker_.asked[2].groups_max, 15);
  EXPECT_TRUE(maker_.asked[2].others.empty());
  EXPECT_NE(Find("three", "2")->groups, Find("one", "1")->groups);
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
