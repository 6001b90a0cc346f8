#include "server/dashboards/tile_warmer.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "server/testing/scripted_progress.h"

namespace tailrace::server {
namespace {

using std::chrono::milliseconds;

class HeldLoop final : public Executor {
 public:
  void Post(std::function<void()> work) override { work(); }
  void After(milliseconds, std::function<void()>) override {}
  size_t index() const override { return 0; }
};

using Tiles = std::vector<std::pair<size_t, size_t>>;

// Two dashboards: one with two tiles over sales, one with a tile over notes.
class TileWarmerTest : public ::testing::Test {
 protected:
  TileWarmerTest()
      : warmer_({{{{"rows", "sales"}}, 2}, {{{"rows", "notes"}}, 1}},
                [this](size_t dashboard, size_t tile, std::function<void()> done) {
                  warmed_.emplace_back(dashboard, tile);
                  done_.push_back(std::move(done));
                },
                clock_, loop_) {}

  void Commit(const std::string& stream) { progress_.Commit(stream, {Offset{++offset_}}); }

  // Lets time pass, and finishes whatever is begun. What was computed meanwhile.
  Tiles Pass(milliseconds time) {
    warmed_.clear();
    for (milliseconds passed{0}; passed < time; passed += milliseconds(100)) {
      clock_.Advance(milliseconds(100));
      warmer_.Tick(progress_);
      while (!done_.empty()) {
        const auto done = std::move(done_.front());
        done_.pop_front();
        done();
      }
    }
    return warmed_;
  }

  ManualClock clock_{WallTime{1'000'000'000'000'000}};
  HeldLoop loop_;
  ScriptedProgress progress_;
  int64_t offset_ = 0;
  Tiles warmed_;
  std::deque<std::function<void()>> done_;
  TileWarmer warmer_;
};

TEST_F(TileWarmerTest, AfterTheStartEveryTileIsComputedOnce) {
  EXPECT_EQ(Pass(milliseconds(2'000)), (Tiles{{0, 0}, {0, 1}, {1, 0}}));
  EXPECT_EQ(Pass(milliseconds(5'000)), Tiles{});
}

TEST_F(TileWarmerTest, NothingIsComputedWhileCommitsCome) {
  for (int i = 0; i < 20; ++i) {
    Commit("sales");
    EXPECT_EQ(Pass(milliseconds(500)), i == 2 ? (Tiles{{1, 0}}) : Tiles{}) << i;
  }
  EXPECT_EQ(Pass(milliseconds(2'000)), (Tiles{{0, 0}, {0, 1}}));
}

TEST_F(TileWarmerTest, AfterACommitOnlyWhatSomebodyLookedAtIsComputedAgain) {
  Pass(milliseconds(2'000));
  Commit("sales");
  EXPECT_EQ(Pass(milliseconds(3'000)), Tiles{});
  warmer_.Looked(0);
  EXPECT_EQ(Pass(milliseconds(1'000)), (Tiles{{0, 0}, {0, 1}}));
  clock_.Advance(std::chrono::minutes(11));
  Commit("sales");
  EXPECT_EQ(Pass(milliseconds(3'000)), Tiles{});
}

TEST_F(TileWarmerTest, OneIsComputedAtATime) {
  clock_.Advance(milliseconds(2'000));
  warmer_.Tick(progress_);
  clock_.Advance(milliseconds(2'000));
  warmer_.Tick(progress_);
  EXPECT_EQ(warmed_.size(), 1u);
}

}  // namespace
}  // namespace tailrace::server
