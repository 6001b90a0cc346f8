#include "engine/job_desk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <barrier>
#include <memory>
#include <thread>

#include "model/times.h"
#include "ports/testing/fake_run_store.h"
#include "ports/testing/guarded_run_store.h"

namespace tailrace::engine {
namespace {

WallTime At(std::string_view text) { return {ParseRfc3339(text).value()}; }

config::JobSpec Job(const std::string& name, const std::string& cron) {
  config::JobSpec job;
  job.name = name;
  if (!cron.empty()) job.schedule = schedule::Schedule::OfCron(cron).value();
  job.steps.resize(2);
  job.steps[0].name = "one";
  job.steps[1].name = "two";
  job.steps[1].after = {0};
  return job;
}

class JobDeskTest : public testing::Test {
 protected:
  JobDeskTest() { pipeline_.jobs = {Job("hourly", "0 * * * *")}; }

  void Open() {
    desk_.reset();
    auto opened = JobDesk::Open(
        pipeline_, guarded_, clock_, random_, [this](const StepCall& call, const std::stop_token& stop) { return Do(call, stop); },
        [this](const config::JobSpec& job, const JobRun& run, std::set<std::string>*, const std::stop_token&) -> Status {
          if (deaf_ > 0) {
            --deaf_;
            return Fail(Error::Unavailable("nobody there"));
          }
          told_.push_back(job.name + " " + run.reason);
          return {};
        });
    ASSERT_TRUE(opened) << opened.error().message();
    desk_ = std::move(*opened);
  }

  Result<StepOutcome> Do(const StepCall& call, const std::stop_token&) {
    done_.push_back(call.run.id + " " + call.step.name);
    if (on_step_) on_step_();
    if (failures_ > 0) {
      --failures_;
      return Fail(Error::Invalid("broken"));
    }
    return StepOutcome{2, "fine"};
  }

  // Goes from one due time to the next.
  void PassTo(std::string_view time) {
    while (true) {
      const auto wake = desk_->NextWake();
      const bool more = wake && *wake <= At(time);
      clock_.Set(std::max(clock_.Now(), more ? *wake : At(time)));
      ASSERT_TRUE(desk_->PlanDue());
      while (desk_->RunNext(stop_.get_token()).value_or(true)) {
      }
      if (!more || stop_.stop_requested()) return;
    }
  }

  std::vector<std::string> States(const std::string& job = "") {
    RunFilter filter;
    filter.job = job;
    std::vector<std::string> states;
    const auto runs = store_.List(filter).value();
    for (const JobRun& run : runs) states.push_back(run.id + " " + std::string(RunStateName(run.state)));
    std::reverse(states.begin(), states.end());
    return states;
  }

  static RunFilter OfRun(const std::string& id) {
    RunFilter filter;
    filter.ids = {id};
    return filter;
  }

  using Texts = std::vector<std::string>;

  config::Pipeline pipeline_;
  FakeRunStore store_;
  int broken_updates_ = 0;
  GuardedRunStore guarded_{store_, broken_updates_};
  ManualClock clock_{At("2017-03-03T05:30:00Z")};
  SeededRandom random_{1};
  std::stop_source stop_;
  std::function<void()> on_step_;
  int failures_ = 0;
  int deaf_ = 0;
  Texts done_;
  Texts told_;
  std::unique_ptr<JobDesk> desk_;
};

TEST_F(JobDeskTest, EachDueTimeRunsOnceAlsoAfterARestart) {
  Open();
  PassTo("2017-03-03T07:10:00Z");
  Open();
  PassTo("2017-03-03T08:00:00Z");
  EXPECT_EQ(States(), (Texts{"hourly@2017-03-03T06:00:00Z succeeded", "hourly@2017-03-03T07:00:00Z succeeded", "hourly@2017-03-03T08:00:00Z succeeded"}));
  EXPECT_EQ(done_.size(), 6U);
}

TEST_F(JobDeskTest, WhatPassedWhileTheServerWasDownIsMissedButForWhatIsCaughtUp) {
  Open();
  PassTo("2017-03-03T06:00:00Z");
  clock_.Set(At("2017-03-03T10:30:00Z"));
  Open();
  PassTo("2017-03-03T10:31:00Z");
  EXPECT_EQ(States(), (Texts{"hourly@2017-03-03T06:00:00Z succeeded", "hourly@2017-03-03T07:00:00Z missed", "hourly@2017-03-03T10:00:00Z succeeded"}));
  RunFilter missed;
  missed.states = {RunState::kMissed};
  EXPECT_EQ(store_.List(missed).value().at(0).count, 3);
  EXPECT_EQ(store_.List(missed).value().at(0).due_last, At("2017-03-03T09:00:00Z"));
}

TEST_F(JobDeskTest, AFailureIsTriedAgainLaterAndLaterAndTheStepsDoneStay) {
  pipeline_.jobs[0].retry = {3, std::chrono::minutes(1), std::chrono::minutes(3)};
  Open();
  clock_.Set(At("2017-03-03T06:00:00Z"));
  on_step_ = [this] { failures_ = done_.size() == 1 ? 0 : done_.size() < 5 ? 1 : 0; };
  Texts times;
  ASSERT_TRUE(desk_->PlanDue());
  while (desk_->RunNext({}).value()) {
    const auto wake = desk_->NextWake();
    std::string text;
    AppendRfc3339(wake->micros, &text);
    times.push_back(text);
    if (*wake >= At("2017-03-03T07:00:00Z")) break;
    clock_.Set(*wake);
  }
  EXPECT_EQ(times, (Texts{"2017-03-03T06:01:00Z", "2017-03-03T06:03:00Z", "2017-03-03T06:06:00Z", "2017-03-03T07:00:00Z"}));
  EXPECT_EQ(std::count(done_.begin(), done_.end(), "hourly@2017-03-03T06:00:00Z one"), 1);
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z succeeded"});
  EXPECT_TRUE(told_.empty());
}

TEST_F(JobDeskTest, AFailedRunIsToldOnceSomebodyHears) {
  failures_ = 1;
  deaf_ = 2;
  Open();
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z failed"});
  EXPECT_TRUE(told_.empty());
  PassTo("2017-03-03T06:30:00Z");
  EXPECT_EQ(told_, Texts{"hourly one: broken"});
}

TEST_F(JobDeskTest, AFailureOfWhichNobodyHadHeardIsToldAfterARestart) {
  failures_ = 1;
  deaf_ = 1;
  Open();
  PassTo("2017-03-03T06:00:00Z");
  Open();
  PassTo("2017-03-03T06:00:01Z");
  EXPECT_EQ(told_, Texts{"hourly one: broken"});
}

TEST_F(JobDeskTest, ARunCutByAKillGoesOnWithTheFirstStepNotDone) {
  Open();
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  JobRun run = store_.List({}).value().at(0);
  run.state = RunState::kRunning;
  run.attempts = 1;
  run.steps_done = "10";
  ASSERT_TRUE(store_.Update(run, {}, {}));
  Open();
  PassTo("2017-03-03T06:00:01Z");
  EXPECT_EQ(done_, Texts{"hourly@2017-03-03T06:00:00Z two"});
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z succeeded"});
}

TEST_F(JobDeskTest, ARunThatEndsTheServerAgainAndAgainFails) {
  Open();
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  for (int64_t i = 0; i <= kInterruptionsMax; ++i) {
    JobRun run = store_.List({}).value().at(0);
    EXPECT_EQ(run.state, RunState::kQueued);
    run.state = RunState::kRunning;
    ASSERT_TRUE(store_.Update(run, {}, {}));
    Open();
  }
  PassTo("2017-03-03T06:00:01Z");
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z failed"});
  EXPECT_EQ(told_, Texts{"hourly the server ended 4 times during this run"});
}

TEST_F(JobDeskTest, AStopLeavesTheRunWaitingWithItsStepsDone) {
  Open();
  on_step_ = [this] {
    if (done_.size() != 2) return;
    failures_ = 1;
    stop_.request_stop();
  };
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z queued"});
  on_step_ = nullptr;
  stop_ = {};
  Open();
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(done_, (Texts{"hourly@2017-03-03T06:00:00Z one", "hourly@2017-03-03T06:00:00Z two", "hourly@2017-03-03T06:00:00Z two"}));
  EXPECT_EQ(store_.List({}).value().at(0).attempts, 1);
}

TEST_F(JobDeskTest, ADueTimeThatComesWhileTheJobRunsWaitsOrIsSkipped) {
  for (const bool skip : {false, true}) {
    pipeline_.jobs[0].skip_overlap = skip;
    store_ = {};
    clock_.Set(At("2017-03-03T05:30:00Z"));
    Open();
    on_step_ = [this] {
      clock_.Set(At("2017-03-03T07:10:00Z"));
      ASSERT_TRUE(desk_->PlanDue());
      EXPECT_FALSE(desk_->RunNext({}).value()) << "a job runs once at a time";
    };
    clock_.Set(At("2017-03-03T06:00:00Z"));
    PassTo("2017-03-03T07:10:00Z");
    EXPECT_EQ(States(), (Texts{"hourly@2017-03-03T06:00:00Z succeeded", std::string("hourly@2017-03-03T07:00:00Z ") + (skip ? "skipped" : "succeeded")}));
  }
}

TEST_F(JobDeskTest, AJobBehindOthersComesWhenTheLastOfThemHasSucceeded) {
  pipeline_.jobs = {Job("a", "0 6 * * *"), Job("b", "0 6 * * *"), Job("both", "")};
  pipeline_.jobs[2].after = {"a", "b"};
  Open();
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(States("both"), Texts{"both@2017-03-03T06:00:00Z succeeded"});
  EXPECT_EQ(std::count_if(done_.begin(), done_.end(), [](const std::string& step) { return step.starts_with("both"); }), 2);
  failures_ = 1;
  PassTo("2017-03-04T06:00:00Z");
  EXPECT_EQ(States("both").back(), "both@2017-03-04T06:00:00Z skipped");
}

TEST_F(JobDeskTest, WhatIsBehindAFailureIsSkippedToTheEndOfTheChain) {
  pipeline_.jobs = {Job("a", "0 6 * * *"), Job("b", ""), Job("c", ""), Job("d", "")};
  pipeline_.jobs[1].after = {"a"};
  pipeline_.jobs[2].after = {"b", "a"};
  pipeline_.jobs[3].after = {"c"};
  failures_ = 1;
  Open();
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(States("b"), Texts{"b@2017-03-03T06:00:00Z skipped"});
  EXPECT_EQ(States("c"), Texts{"c@2017-03-03T06:00:00Z skipped"});
  EXPECT_EQ(States("d"), Texts{"d@2017-03-03T06:00:00Z skipped"});
  EXPECT_EQ(store_.List(OfRun("d@2017-03-03T06:00:00Z")).value().at(0).reason, "job c was skipped");
}

TEST_F(JobDeskTest, OfTwoThatEndAtOnceTheLaterBringsTheJobBehindBoth) {
  pipeline_.jobs = {Job("a", "0 6 * * *"), Job("b", "0 6 * * *"), Job("both", "")};
  pipeline_.jobs[2].after = {"a", "b"};
  for (int round = 0; round < 20; ++round) {
    store_ = {};
    clock_.Set(At("2017-03-03T05:30:00Z"));
    std::barrier together(2);
    auto opened = JobDesk::Open(
        pipeline_, guarded_, clock_, random_,
        [&together](const StepCall& call, const std::stop_token&) -> Result<StepOutcome> {
          if (call.job.name != "both" && call.number == 1) together.arrive_and_wait();
          return StepOutcome{};
        },
        [](const config::JobSpec&, const JobRun&, std::set<std::string>*, const std::stop_token&) { return Status(); });
    clock_.Set(At("2017-03-03T06:00:00Z"));
    ASSERT_TRUE((*opened)->PlanDue());
    {
      const std::jthread other([&] { EXPECT_TRUE((*opened)->RunNext({}).value()); });
      EXPECT_TRUE((*opened)->RunNext({}).value());
    }
    EXPECT_TRUE((*opened)->RunNext({}).value());
    EXPECT_EQ(States("both"), Texts{"both@2017-03-03T06:00:00Z succeeded"});
  }
}

TEST_F(JobDeskTest, AKillUsesUpNoRetry) {
  pipeline_.jobs[0].retry = {1, std::chrono::minutes(1), std::chrono::minutes(1)};
  Open();
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  for (int i = 0; i < 2; ++i) {
    JobRun run = store_.List({}).value().at(0);
    run.state = RunState::kRunning;
    ++run.attempts;
    ASSERT_TRUE(store_.Update(run, {}, {}));
    Open();
  }
  failures_ = 1;
  PassTo("2017-03-03T06:05:00Z");
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z succeeded"});
  EXPECT_EQ(store_.List({}).value().at(0).attempts, 4);
}

TEST_F(JobDeskTest, AnEndThatCannotBeNotedIsNotedLaterAndTheStepsAreNotDoneAgain) {
  Open();
  on_step_ = [this] { broken_updates_ = done_.size() == 2 ? 2 : 0; };
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z running"});
  PassTo("2017-03-03T06:01:00Z");
  EXPECT_EQ(States(), Texts{"hourly@2017-03-03T06:00:00Z succeeded"});
}

TEST_F(JobDeskTest, WhatIsAskedForByHandRunsBesideWhatIsDue) {
  Open();
  const std::string id = desk_->Request("hourly").value();
  EXPECT_TRUE(id.starts_with("hourly@2017-03-03T05:30:00Z#")) << id;
  EXPECT_FALSE(desk_->Request("nightly"));
  const auto ids = desk_->Backfill("hourly", At("2017-03-01T00:00:00Z"), At("2017-03-01T03:00:00Z")).value();
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_FALSE(desk_->Backfill("hourly", At("2017-03-01T00:10:00Z"), At("2017-03-01T00:20:00Z")));
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(States().size(), 5U);
  EXPECT_EQ(done_.size(), 10U);
  EXPECT_EQ(store_.List(OfRun(ids[0])).value().at(0).from, At("2017-02-28T23:00:00Z"));
}

TEST_F(JobDeskTest, WhatIsDueGoesBeforeWhatABackfillAskedForAlsoAfterARestart) {
  Open();
  const auto asked = desk_->Backfill("hourly", At("2017-01-01T00:00:00Z"), At("2017-03-01T00:00:00Z")).value();
  ASSERT_GT(asked.size(), kRunsWaitingMax);
  ASSERT_TRUE(desk_->RunNext({}).value());
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  ASSERT_TRUE(desk_->RunNext({}).value());
  EXPECT_EQ(done_.back(), "hourly@2017-03-03T06:00:00Z two");
  EXPECT_FALSE(desk_->Backfill("hourly", At("2016-01-01T00:00:00Z"), At("2017-01-01T00:00:00Z"))) << "there is no room for so many";
  Open();
  clock_.Set(At("2017-03-03T07:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  ASSERT_TRUE(desk_->RunNext({}).value());
  EXPECT_EQ(done_.back(), "hourly@2017-03-03T07:00:00Z two");
  while (desk_->RunNext({}).value()) {
  }
  EXPECT_EQ(done_.size(), 2 * (asked.size() + 2));
}

TEST_F(JobDeskTest, ARunThatWasCutGoesOnBeforeItsJobBeginsAnother) {
  Open();
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  ASSERT_TRUE(desk_->Backfill("hourly", At("2017-01-01T00:00:00Z"), At("2017-01-01T01:00:00Z")));
  JobRun cut = store_.List(OfRun("hourly@2017-03-03T06:00:00Z")).value().at(0);
  cut.state = RunState::kRunning;
  cut.attempts = 1;
  ASSERT_TRUE(store_.Update(cut, {}, {}));
  Open();
  ASSERT_TRUE(desk_->RunNext({}).value());
  EXPECT_EQ(done_.front(), "hourly@2017-03-03T06:00:00Z one");
}

TEST_F(JobDeskTest, AStepThatTakesTooLongEndsTheAttempt) {
  pipeline_.jobs[0].timeout = std::chrono::milliseconds(1);
  Open();
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk_->PlanDue());
  auto opened = JobDesk::Open(
      pipeline_, store_, clock_, random_,
      [](const StepCall&, const std::stop_token& stop) -> Result<StepOutcome> {
        while (!stop.stop_requested()) std::this_thread::yield();
        return Fail(Error::Cancelled("stopped"));
      },
      [](const config::JobSpec&, const JobRun&, std::set<std::string>*, const std::stop_token&) { return Status(); });
  ASSERT_TRUE((*opened)->RunNext({}).value());
  EXPECT_EQ(store_.List({}).value().at(0).reason, "one: took longer than 0.001 s");
}

}  // namespace
}  // namespace tailrace::engine
