#include "server/dashboards/tile_cache.h"

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <utility>

#include "base/clock.h"

namespace tailrace::server {
namespace {

using std::chrono::milliseconds;

constexpr size_t kBytesMax = 64 << 10;

class TileCacheTest : public ::testing::Test {
 protected:
  TileCacheTest()
      : cache_(kBytesMax, [this](auto work) {
          if (full_) return false;
          posted_.push_back(std::move(work));
          return true;
        }, clock_, metrics_) {}

  // Asks, and notes the answer in `answers_`.
  void Ask(const TileQuestion& question, std::string body = "rows", std::stop_token gone = {}) {
    cache_.Ask(
        question,
        [this, body = std::move(body)](const std::stop_token& stop) {
          ++computed_;
          stopped_ = stop.stop_requested();
          Reply reply;
          reply.body = body;
          if (stopped_) reply = ErrorReply(503, "cancelled", "stopped");
          return reply;
        },
        std::move(gone), [this](const TileAnswerPtr& answer) { answers_.push_back(answer); });
  }

  void RunOne(std::stop_token overdue = {}) {
    auto work = std::move(posted_.front());
    posted_.pop_front();
    work(std::move(overdue));
  }

  // Asks, and has it computed if it must be. The body of the answer.
  std::string Answer(const TileQuestion& question, std::string body = "rows") {
    Ask(question, std::move(body));
    while (!posted_.empty()) RunOne();
    return answers_.back()->reply.body;
  }

  ManualClock clock_{WallTime{1}};
  Metrics metrics_;
  std::deque<std::function<void(std::stop_token)>> posted_;
  bool full_ = false;
  bool stopped_ = false;
  int computed_ = 0;
  std::vector<TileAnswerPtr> answers_;
  TileCache cache_;
};

TEST_F(TileCacheTest, TheSameVersionIsAnsweredAgainAndAnotherIsComputed) {
  EXPECT_EQ(Answer({"a", "1"}, "one"), "one");
  EXPECT_EQ(Answer({"a", "1"}, "two"), "one");
  EXPECT_EQ(Answer({"a", "2"}, "three"), "three");
  EXPECT_EQ(Answer({"b", "2"}, "four"), "four");
  EXPECT_EQ(computed_, 3);
}

TEST_F(TileCacheTest, TheTagIsOfTheContent) {
  Answer({"a", "1"}, "one");
  Answer({"a", "2"}, "one");
  Answer({"a", "3"}, "two");
  EXPECT_EQ(answers_[0]->tag, answers_[1]->tag);
  EXPECT_NE(answers_[1]->tag, answers_[2]->tag);
}

TEST_F(TileCacheTest, WhatChangesByItselfIsKeptForASecond) {
  const TileQuestion question{"a", "1", true};
  EXPECT_EQ(Answer(question, "one"), "one");
  clock_.Advance(milliseconds(999));
  EXPECT_EQ(Answer(question, "two"), "one");
  clock_.Advance(milliseconds(1));
  EXPECT_EQ(Answer(question, "three"), "three");
}

TEST_F(TileCacheTest, EqualQuestionsAtOnceAreComputedOnce) {
  Ask({"a", "1"});
  Ask({"a", "1"});
  Ask({"a", "2"});  // newer than what is under way: it would not do
  EXPECT_EQ(posted_.size(), 2u);
  RunOne();
  EXPECT_EQ(answers_.size(), 2u);
  RunOne();
  EXPECT_EQ(answers_.size(), 3u);
  EXPECT_EQ(computed_, 2);
}

TEST_F(TileCacheTest, WhatNobodyWaitsForIsToldToStop) {
  std::stop_source first, second;
  Ask({"a", "1"}, "rows", first.get_token());
  Ask({"a", "1"}, "rows", second.get_token());
  first.request_stop();
  second.request_stop();
  Ask({"a", "1"}, "again");
  ASSERT_EQ(posted_.size(), 2u);
  RunOne();
  EXPECT_TRUE(stopped_);
  RunOne();
  EXPECT_FALSE(stopped_);
  EXPECT_EQ(answers_.back()->reply.body, "again");
}

TEST_F(TileCacheTest, OneWhoLeavesDoesNotStopItForTheOthers) {
  std::stop_source first;
  Ask({"a", "1"}, "rows", first.get_token());
  Ask({"a", "1"});
  first.request_stop();
  RunOne();
  EXPECT_FALSE(stopped_);
  EXPECT_EQ(answers_.back()->reply.body, "rows");
}

TEST_F(TileCacheTest, FailuresAreNotKept) {
  Ask({"a", "1"});
  std::stop_source overdue;
  overdue.request_stop();
  RunOne(overdue.get_token());
  EXPECT_EQ(answers_.back()->reply.status, 504);
  EXPECT_EQ(answers_.back()->tag, "");
  EXPECT_EQ(Answer({"a", "1"}, "well"), "well");
}

TEST_F(TileCacheTest, WhenTooManyWaitTheAnswerIsToComeBack) {
  full_ = true;
  Ask({"a", "1"});
  EXPECT_EQ(answers_.back()->reply.status, 503);
  full_ = false;
  EXPECT_EQ(Answer({"a", "1"}), "rows");
}

TEST_F(TileCacheTest, ItHoldsNoMoreThanItMayAndKeepsWhatWasUsedLast) {
  const std::string large(kBytesMax / 5, 'x');
  for (const char* key : {"a", "b", "c", "d"}) Answer({key, "1"}, large);
  Answer({"a", "1"}, large);
  Answer({"e", "1"}, large);
  EXPECT_LE(cache_.bytes(), kBytesMax);
  computed_ = 0;
  Answer({"a", "1"}, large);
  Answer({"e", "1"}, large);
  EXPECT_EQ(computed_, 0);
  Answer({"b", "1"}, large);
  EXPECT_EQ(computed_, 1);
}

TEST_F(TileCacheTest, WhatIsTooLargeIsAnsweredAndNotKept) {
  const std::string large(kBytesMax / 3, 'x');
  EXPECT_EQ(Answer({"a", "1"}, large), large);
  EXPECT_EQ(cache_.bytes(), 0u);
  EXPECT_EQ(Answer({"a", "1"}, large), large);
  EXPECT_EQ(computed_, 2);
}

TEST_F(TileCacheTest, AfterTheStopNobodyIsAnswered) {
  Ask({"a", "1"});
  cache_.Stop();
  RunOne();
  Ask({"a", "1"});
  EXPECT_TRUE(answers_.empty());
  EXPECT_TRUE(posted_.empty());
}

}  // namespace
}  // namespace tailrace::server
