#include "engine/alert_desk.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <utility>

#include "model/times.h"
#include "ports/testing/fake_run_store.h"
#include "ports/testing/fake_warehouse.h"

namespace tailrace::engine {
namespace {

using Texts = std::vector<std::string>;

WallTime At(std::string_view text) { return {ParseRfc3339(text).value()}; }

// Writes down what it is sent, unless it is deaf.
class Ear final : public Notifier {
 public:
  Ear(std::string name, Texts& heard, std::set<std::string>& deaf) : name_(std::move(name)), heard_(heard), deaf_(deaf) {}
  Status Send(const Notification& notification, std::stop_token) override {
    if (deaf_.contains(name_)) return Fail(Error::Unavailable("nobody there"));
    heard_.push_back(name_ + ": " + notification.subject + "; " + notification.text.substr(0, notification.text.find('\n')));
    return {};
  }

 private:
  const std::string name_;
  Texts& heard_;
  std::set<std::string>& deaf_;
};

class AlertDeskTest : public ::testing::Test {
 protected:
  AlertDeskTest() {
    pipeline_.name = "shop";
    config::AlertSpec alert;
    alert.name = "quiet";
    alert.sql.text = "SELECT n FROM t";
    alert.every = std::chrono::minutes(1);
    alert.message = "{n} of {rows}";
    alert.notify = {"ops"};
    pipeline_.alerts = {alert};
    for (const std::string name : {"ops", "chat"}) notifiers_[name] = std::make_unique<Ear>(name, heard_, deaf_);
    warehouse_.disk().answer = [this](const QueryRequest& request, ResultSink& sink) -> Result<QuerySummary> {
      if (broken_) return Fail(Error::Exhausted("no memory"));
      EXPECT_TRUE(request.trusted);
      EXPECT_EQ(request.now_micros, clock_.Now().micros);
      ++looks_;
      const std::array<ColumnInfo, 1> columns = {ColumnInfo{"n", "VARCHAR"}};
      sink.Begin(columns);
      const std::array<std::string_view, 1> row = {"\"few\""};
      for (int i = 0; i < rows_; ++i) sink.Row(row);
      QuerySummary summary;
      summary.rows = static_cast<size_t>(rows_);
      return summary;
    };
  }

  config::AlertSpec& alert() { return pipeline_.alerts[0]; }

  void Open() {
    auto opened = AlertDesk::Open(pipeline_, store_, warehouse_, notifiers_, clock_);
    ASSERT_TRUE(opened) << opened.error().message();
    desk_ = std::move(*opened);
  }

  // Goes on from one look or message to the next.
  void PassTo(std::string_view time) {
    while (true) {
      const auto wake = desk_->NextWake();
      const bool more = wake && *wake <= At(time);
      clock_.Set(std::max(clock_.Now(), more ? *wake : At(time)));
      ASSERT_TRUE(desk_->LookDue({}));
      if (!more) return;
    }
  }

  std::string State() { return desk_->Alerts().at(0).state; }

  config::Pipeline pipeline_;
  FakeRunStore store_;
  testing::FakeWarehouse warehouse_;
  ManualClock clock_{At("2017-03-03T06:00:30Z")};
  Texts heard_;
  std::set<std::string> deaf_;
  Notifiers notifiers_;
  std::unique_ptr<AlertDesk> desk_;
  int rows_ = 0;
  int looks_ = 0;
  bool broken_ = false;
};

TEST_F(AlertDeskTest, ItIsToldOnceWhenItFiresAndOnceWhenItIsOver) {
  Open();
  PassTo("2017-03-03T06:03:00Z");
  EXPECT_EQ(looks_, 3);
  EXPECT_EQ(State(), "ok");
  rows_ = 2;
  PassTo("2017-03-03T06:10:00Z");
  EXPECT_EQ(State(), "firing");
  EXPECT_EQ(desk_->Alerts().at(0).since, At("2017-03-03T06:04:00Z"));
  rows_ = 0;
  PassTo("2017-03-03T06:20:00Z");
  EXPECT_EQ(State(), "ok");
  EXPECT_EQ(heard_, (Texts{"ops: shop: quiet fires; few of 2", "ops: shop: quiet is over; few of 2"}));
}

TEST_F(AlertDeskTest, WhatDoesNotLastLongEnoughIsNotTold) {
  alert().for_at_least = std::chrono::minutes(3);
  Open();
  rows_ = 1;
  PassTo("2017-03-03T06:03:30Z");
  EXPECT_EQ(State(), "pending");
  rows_ = 0;
  PassTo("2017-03-03T06:04:00Z");
  EXPECT_EQ(State(), "ok");
  rows_ = 1;
  PassTo("2017-03-03T06:07:59Z");
  EXPECT_TRUE(heard_.empty());
  PassTo("2017-03-03T06:08:00Z");
  EXPECT_EQ(State(), "firing");
  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(AlertDeskTest, WithRepeatItIsToldAgainWhileItFires) {
  alert().repeat = std::chrono::minutes(10);
  Open();
  rows_ = 1;
  PassTo("2017-03-03T06:25:00Z");
  EXPECT_EQ(heard_.size(), 3U) << "at 06:01, 06:11 and 06:21";
}

TEST_F(AlertDeskTest, ARestartTellsNothingTwiceAndForgetsNothing) {
  Open();
  rows_ = 1;
  PassTo("2017-03-03T06:02:00Z");
  Open();
  EXPECT_EQ(State(), "firing");
  PassTo("2017-03-03T06:05:00Z");
  EXPECT_EQ(heard_.size(), 1U);
  rows_ = 0;
  Open();
  PassTo("2017-03-03T06:06:00Z");
  EXPECT_EQ(heard_.size(), 2U);
}

TEST_F(AlertDeskTest, OneWhoCannotBeReachedIsTriedAgainAndTheOthersHearItOnce) {
  alert().notify = {"chat", "ops"};
  deaf_ = {"chat"};
  Open();
  rows_ = 1;
  PassTo("2017-03-03T06:10:00Z");
  EXPECT_EQ(heard_, Texts{"ops: shop: quiet fires; few of 1"});
  deaf_.clear();
  PassTo("2017-03-03T06:20:00Z");
  EXPECT_EQ(heard_, (Texts{"ops: shop: quiet fires; few of 1", "chat: shop: quiet fires; few of 1"}));
}

TEST_F(AlertDeskTest, WhatWasOverBeforeAnybodyHeardIsNotTold) {
  deaf_ = {"ops"};
  Open();
  rows_ = 1;
  PassTo("2017-03-03T06:01:10Z");
  rows_ = 0;
  PassTo("2017-03-03T06:02:00Z");
  deaf_.clear();
  PassTo("2017-03-03T08:00:00Z");
  EXPECT_TRUE(heard_.empty());
}

TEST_F(AlertDeskTest, AnAlertThatCannotBeLookedAtKeepsItsStateAndSaysSo) {
  Open();
  rows_ = 1;
  PassTo("2017-03-03T06:01:00Z");
  broken_ = true;
  PassTo("2017-03-03T06:05:00Z");
  EXPECT_EQ(State(), "firing");
  EXPECT_EQ(desk_->Alerts().at(0).error, "no memory");
  broken_ = false;
  PassTo("2017-03-03T06:06:00Z");
  EXPECT_EQ(desk_->Alerts().at(0).error, "");
  EXPECT_EQ(heard_.size(), 1U);
}

TEST_F(AlertDeskTest, WhileItIsSilencedItIsLookedAtAndNobodyIsTold) {
  Open();
  ASSERT_TRUE(desk_->Silence("quiet", std::chrono::hours(2), "the disk is changed", "ops"));
  rows_ = 2;
  PassTo("2017-03-03T08:00:00Z");
  EXPECT_EQ(State(), "firing");
  EXPECT_EQ(desk_->Alerts().at(0).silence, (AlertSilence{"quiet", At("2017-03-03T08:00:30Z"), "the disk is changed", "ops"}));
  EXPECT_EQ(heard_, Texts{});
  PassTo("2017-03-03T08:00:30Z");
  EXPECT_EQ(desk_->Alerts().at(0).silence, std::nullopt);
  EXPECT_EQ(heard_, Texts{"ops: shop: quiet fires; few of 2"});
}

TEST_F(AlertDeskTest, WhatBeginsAndEndsInASilenceIsNotToldAndWhatEndsInOneIsToldAfterIt) {
  Open();
  ASSERT_TRUE(desk_->Silence("quiet", std::chrono::hours(1), "", ""));
  rows_ = 2;
  PassTo("2017-03-03T06:30:00Z");
  rows_ = 0;
  PassTo("2017-03-03T08:00:00Z");
  EXPECT_EQ(heard_, Texts{});
  rows_ = 2;
  PassTo("2017-03-03T08:10:00Z");
  ASSERT_TRUE(desk_->Silence("quiet", std::chrono::hours(1), "", ""));
  rows_ = 0;
  PassTo("2017-03-03T09:00:00Z");
  EXPECT_EQ(heard_, Texts{"ops: shop: quiet fires; few of 2"});
  PassTo("2017-03-03T09:11:00Z");
  EXPECT_EQ(heard_, (Texts{"ops: shop: quiet fires; few of 2", "ops: shop: quiet is over; few of 2"}));
}

TEST_F(AlertDeskTest, ASilenceIsKeptOverARestartAndEndsWhenItIsLifted) {
  Open();
  ASSERT_TRUE(desk_->Silence("quiet", std::chrono::hours(5), "why", "ops"));
  Open();
  rows_ = 2;
  PassTo("2017-03-03T07:00:00Z");
  EXPECT_EQ(heard_, Texts{});
  ASSERT_TRUE(desk_->Lift("quiet"));
  PassTo("2017-03-03T07:01:00Z");
  EXPECT_EQ(heard_, Texts{"ops: shop: quiet fires; few of 2"});
  Open();
  EXPECT_EQ(desk_->Alerts().at(0).silence, std::nullopt);
}

TEST_F(AlertDeskTest, OnlyWhatIsThereIsSilencedAndForATimeAlone) {
  Open();
  EXPECT_EQ(desk_->Silence("none", std::chrono::hours(1), "", "").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(desk_->Lift("none").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(desk_->Silence("quiet", std::chrono::hours(0), "", "").error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(desk_->Silence("quiet", kSilenceMax + std::chrono::milliseconds(1), "", "").error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(desk_->Alerts().at(0).silence, std::nullopt);
}

}  // namespace
}  // namespace tailrace::engine
