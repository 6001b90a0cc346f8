#include "engine/progress.h"

#include <gtest/gtest.h>

#include <thread>

namespace tailrace::engine {
namespace {

MaterializationProgress Table(std::string name, Positions positions) {
  MaterializationProgress progress;
  progress.name = std::move(name);
  progress.kind = "table";
  progress.stream = "sales";
  progress.positions = std::move(positions);
  return progress;
}

TEST(ProgressTest, AStreamIsReachedWhenItsLastMaterialisationHasCommitted) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}}));
  progress.Add(Table("b", {Offset{0}}));
  progress.Advance("table", "a", {Offset{5}}, {5, 5, 0, 0});
  EXPECT_FALSE(progress.Reached("sales", {Offset{5}}));
  progress.Advance("table", "b", {Offset{5}}, {5, 4, 0, 1});
  EXPECT_TRUE(progress.Reached("sales", {Offset{5}}));
  EXPECT_FALSE(progress.Reached("sales", {Offset{6}}));
}

TEST(ProgressTest, WaitReturnsOnTheCommitItWaitsFor) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}, Offset{0}}));
  std::jthread committer([&] { progress.Advance("table", "a", {Offset{1}, Offset{2}}, {3, 3, 0, 0}); });
  EXPECT_TRUE(progress.Wait("sales", {Offset{1}, Offset{2}}, {}).has_value());
}

TEST(ProgressTest, WaitEndsWhenAMaterialisationStopsForGood) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}}));
  progress.SetTrouble("table", "a", "disk full", {});
  progress.SetStopped("table", "a");
  const Status waited = progress.Wait("sales", {Offset{1}}, {});
  ASSERT_FALSE(waited.has_value());
  EXPECT_EQ(waited.error().code(), ErrorCode::kUnavailable);
  EXPECT_NE(waited.error().message().find("disk full"), std::string::npos);
}

TEST(ProgressTest, WhoeverWaitsForWhatIsTriedAgainWaitsForTheOutcome) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}}));
  progress.SetTrouble("table", "a", "disk full", {});
  progress.SetStopped("table", "a", std::chrono::steady_clock::time_point(std::chrono::seconds(10)));
  EXPECT_FALSE(progress.Wait("sales", {Offset{1}}, {}).has_value());
  EXPECT_EQ(progress.WhyStopped("sales"), "table a has stopped: disk full");
  progress.SetTried("table", "a");
  EXPECT_EQ(progress.All().front().trouble, "disk full") << "it has not worked yet";
  EXPECT_FALSE(progress.WhyStopped("sales").has_value());
  std::jthread committer([&] { progress.Advance("table", "a", {Offset{1}}, {1, 1, 0, 0}); });
  EXPECT_TRUE(progress.Wait("sales", {Offset{1}}, {}).has_value());
  EXPECT_EQ(progress.All().front().trouble, "");
}

TEST(ProgressTest, AStreamThatCannotBeReadStopsAllThatWaitsForItAndNobodyElse) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}}));
  MaterializationProgress other = Table("b", {Offset{0}});
  other.stream = "visits";
  progress.Add(other);
  const auto at = [](int s) { return std::chrono::steady_clock::time_point(std::chrono::seconds(s)); };
  progress.SetFeedTrouble({"sales", "a damaged segment", at(1), false, at(2)});
  EXPECT_FALSE(progress.WhyStopped("sales").has_value()) << "it is tried again";
  progress.SetFeedTrouble({"sales", "a damaged segment", at(40), true, at(50)});
  EXPECT_EQ(progress.FeedTroubles().front().since, at(1));
  const Status waited = progress.Wait("sales", {Offset{1}}, {});
  ASSERT_FALSE(waited.has_value());
  EXPECT_EQ(waited.error().message(), "stream sales cannot be read on: a damaged segment");
  EXPECT_TRUE(progress.Wait("sales", {Offset{0}}, {}).has_value());
  EXPECT_FALSE(progress.WhyStopped("visits").has_value());
  progress.EndFeedTrouble("sales");
  EXPECT_FALSE(progress.WhyStopped("sales").has_value());
}

TEST(ProgressTest, ReadersDoNotWaitForAShadow) {
  Progress progress;
  progress.Add(Table("a", {Offset{5}}));
  MaterializationProgress shadow = Table("a@shadow", {Offset{0}});
  shadow.shadow = true;
  progress.Add(shadow);
  EXPECT_TRUE(progress.Reached("sales", {Offset{5}}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(progress.WaitForOne("table", "a@shadow", {Offset{5}}, stop.get_token()).has_value());
}

TEST(ProgressTest, WaitEndsOnStop) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(progress.Wait("sales", {Offset{1}}, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

TEST(ProgressTest, ACommitEndsAPassingTrouble) {
  Progress progress;
  progress.Add(Table("a", {Offset{0}}));
  progress.SetTrouble("table", "a", "disk full", {});
  progress.Advance("table", "a", {Offset{1}}, {1, 1, 0, 0});
  EXPECT_EQ(progress.All().front().trouble, "");
}

}  // namespace
}  // namespace tailrace::engine
