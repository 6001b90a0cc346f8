#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "engine/job_desk.h"
#include "model/times.h"
#include "ports/testing/fake_run_store.h"
#include "ports/testing/guarded_run_store.h"

namespace tailrace::engine {
namespace {

WallTime At(std::string_view text) { return {ParseRfc3339(text).value()}; }

constexpr std::string_view kDue = "hourly@2017-03-03T06:00:00Z";

config::JobSpec Job(const std::string& name, const std::string& cron, std::vector<std::string> after = {}) {
  config::JobSpec job;
  job.name = name;
  if (!cron.empty()) job.schedule = schedule::Schedule::OfCron(cron).value();
  job.after = std::move(after);
  job.steps.resize(2);
  job.steps[0].name = "one";
  job.steps[1].name = "two";
  job.steps[1].after = {0};
  return job;
}

class JobDeskCancelTest : public testing::Test {
 protected:
  JobDeskCancelTest() { pipeline_.jobs = {Job("hourly", "0 * * * *")}; }

  void Open() {
    desk_.reset();
    auto opened = JobDesk::Open(
        pipeline_, guarded_, clock_, random_,
        [this](const StepCall& call, const std::stop_token& stop) -> Result<StepOutcome> {
          done_.push_back(call.run.id + " " + call.step.name);
          if (on_step_) on_step_(call);
          if (stop.stop_requested() && !finishes_anyway_) return Fail(Error::Cancelled("stopped"));
          if (fails_) return Fail(Error::Invalid("broken"));
          return StepOutcome{2, "fine"};
        },
        [this](const config::JobSpec&, const JobRun&, std::set<std::string>*, const std::stop_token&) {
          ++told_;
          return Status();
        });
    ASSERT_TRUE(opened) << opened.error().message();
    desk_ = std::move(*opened);
  }

  void PassTo(std::string_view time) {
    clock_.Set(At(time));
    ASSERT_TRUE(desk_->PlanDue());
    while (!stop_.stop_requested() && desk_->RunNext(stop_.get_token()).value()) {
    }
  }

  // Asks for the end of a run during its step of that name.
  void CancelDuring(const std::string& step) {
    on_step_ = [this, step](const StepCall& call) {
      if (call.step.name != step) return;
      EXPECT_TRUE(desk_->Cancel(call.job.name, call.run.id, "ops"));
    };
  }

  JobRun Newest(const std::string& job) {
    RunFilter filter;
    filter.job = job;
    filter.limit = 1;
    const auto runs = store_.List(filter).value();
    return runs.empty() ? JobRun{} : runs[0];
  }

  std::string LogOf(std::string_view run) {
    std::string text;
    const auto lines = store_.Log(run).value();
    for (const RunLogLine& line : lines) text += (line.step.empty() ? "" : line.step + ": ") + line.text + "\n";
    return text;
  }

  config::Pipeline pipeline_;
  FakeRunStore store_;
  int broken_updates_ = 0;
  GuardedRunStore guarded_{store_, broken_updates_};
  ManualClock clock_{At("2017-03-03T05:30:00Z")};
  SeededRandom random_{1};
  std::stop_source stop_;
  std::function<void(const StepCall&)> on_step_;
  bool finishes_anyway_ = false;
  bool fails_ = false;
  int told_ = 0;
  std::vector<std::string> done_;
  std::unique_ptr<JobDesk> desk_;
};

TEST_F(JobDeskCancelTest, ARunThatRunsEndsWithItsStepAndIsNeverBegunAgain) {
  pipeline_.jobs[0].retry = {3, std::chrono::minutes(1), std::chrono::minutes(3)};
  Open();
  CancelDuring("one");
  PassTo("2017-03-03T06:00:00Z");
  on_step_ = nullptr;
  PassTo("2017-03-03T06:30:00Z");
  Open();
  PassTo("2017-03-03T06:40:00Z");
  const JobRun run = Newest("hourly");
  EXPECT_EQ(run.id, kDue);
  EXPECT_EQ(run.state, RunState::kCancelled);
  EXPECT_EQ(run.reason, "cancelled by ops");
  EXPECT_EQ(run.cancel_asked_at, At("2017-03-03T06:00:00Z"));
  EXPECT_EQ(run.ended_at, At("2017-03-03T06:00:00Z"));
  EXPECT_EQ(run.attempts, 1);
  EXPECT_EQ(done_, std::vector<std::string>{std::string(kDue) + " one"});
  EXPECT_EQ(told_, 0);
  EXPECT_EQ(LogOf(kDue), "begins\ncancelled by ops: it is told to stop\none: stopped before its end\ncancelled by ops\n");
}

TEST_F(JobDeskCancelTest, ItsStepIsToldToStopFromAnotherThread) {
  std::atomic<bool> begun = false;
  auto opened = JobDesk::Open(
      pipeline_, guarded_, clock_, random_,
      [&begun](const StepCall&, const std::stop_token& stop) -> Result<StepOutcome> {
        begun = true;
        while (!stop.stop_requested()) std::this_thread::yield();
        return Fail(Error::Cancelled("stopped"));
      },
      [](const config::JobSpec&, const JobRun&, std::set<std::string>*, const std::stop_token&) { return Status(); });
  JobDesk& desk = **opened;
  clock_.Set(At("2017-03-03T06:00:00Z"));
  ASSERT_TRUE(desk.PlanDue());
  {
    const std::jthread runner([&] { EXPECT_TRUE(desk.RunNext({}).value()); });
    while (!begun) std::this_thread::yield();
    const auto cancelled = desk.Cancel("hourly", "", "");
    ASSERT_TRUE(cancelled) << cancelled.error().message();
    EXPECT_EQ(cancelled->id, kDue);
    EXPECT_TRUE(IsCancelled(*cancelled));
  }
  EXPECT_EQ(Newest("hourly").state, RunState::kCancelled);
  EXPECT_EQ(Newest("hourly").reason, "cancelled");
}

TEST_F(JobDeskCancelTest, OnceItIsNotedItCountsAlsoWhenTheLastStepIsDone) {
  pipeline_.jobs.push_back(Job("behind", "", {"hourly"}));
  pipeline_.jobs.push_back(Job("last", "", {"behind"}));
  Open();
  finishes_anyway_ = true;
  CancelDuring("two");
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(Newest("hourly").state, RunState::kCancelled);
  EXPECT_EQ(Newest("hourly").steps_done, "11");
  EXPECT_EQ(Newest("behind").state, RunState::kSkipped);
  EXPECT_EQ(Newest("behind").reason, "job hourly was cancelled");
  EXPECT_EQ(Newest("last").reason, "job behind was skipped");
  EXPECT_EQ(done_.size(), 2U);
}

TEST_F(JobDeskCancelTest, AfterAKillBeforeItsEndItIsCancelledAndNotTakenUp) {
  pipeline_.jobs.push_back(Job("behind", "", {"hourly"}));
  Open();
  FakeRunStore as_killed;
  on_step_ = [&](const StepCall& call) {
    EXPECT_TRUE(desk_->Cancel("hourly", call.run.id, "ops"));
    as_killed = store_;
  };
  PassTo("2017-03-03T06:00:00Z");
  store_ = as_killed;
  ASSERT_EQ(Newest("hourly").state, RunState::kRunning);
  done_.clear();
  Open();
  PassTo("2017-03-03T06:10:00Z");
  EXPECT_EQ(Newest("hourly").state, RunState::kCancelled);
  EXPECT_EQ(Newest("hourly").reason, "cancelled by ops");
  EXPECT_EQ(Newest("behind").state, RunState::kSkipped);
  EXPECT_TRUE(done_.empty());
}

TEST_F(JobDeskCancelTest, AStopOfTheServerMeanwhileDoesNotQueueItAgain) {
  Open();
  on_step_ = [this](const StepCall& call) {
    EXPECT_TRUE(desk_->Cancel("hourly", call.run.id, "ops"));
    stop_.request_stop();
  };
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(Newest("hourly").state, RunState::kCancelled);
}

TEST_F(JobDeskCancelTest, OneThatWaitsIsOverAtOnceAndTheNextComes) {
  Open();
  const auto asked = desk_->Backfill("hourly", At("2017-03-01T00:00:00Z"), At("2017-03-01T02:00:00Z")).value();
  const auto cancelled = desk_->Cancel("hourly", asked[0], "ops");
  ASSERT_TRUE(cancelled) << cancelled.error().message();
  EXPECT_EQ(cancelled->state, RunState::kCancelled);
  EXPECT_EQ(desk_->Waiting("hourly"), 1U);
  PassTo("2017-03-03T05:30:00Z");
  EXPECT_EQ(done_, (std::vector<std::string>{asked[1] + " one", asked[1] + " two"}));
}

TEST_F(JobDeskCancelTest, BetweenTwoAttemptsItIsOverAtOnce) {
  pipeline_.jobs[0].retry = {3, std::chrono::minutes(1), std::chrono::minutes(3)};
  fails_ = true;
  Open();
  PassTo("2017-03-03T06:00:00Z");
  ASSERT_EQ(Newest("hourly").state, RunState::kQueued);
  EXPECT_EQ(desk_->Cancel("hourly", kDue, "ops").value().state, RunState::kCancelled);
  PassTo("2017-03-03T06:30:00Z");
  EXPECT_EQ(done_.size(), 1U);
  EXPECT_EQ(told_, 0);
}

TEST_F(JobDeskCancelTest, WhatIsOverOrNotThereIsRefused) {
  Open();
  EXPECT_EQ(desk_->Cancel("hourly", "", "").error().code(), ErrorCode::kConflict);
  PassTo("2017-03-03T06:00:00Z");
  const auto late = desk_->Cancel("hourly", kDue, "");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(late.error().message(), "the run hourly@2017-03-03T06:00:00Z is over: succeeded at 2017-03-03T06:00:00Z");
  EXPECT_EQ(Newest("hourly").state, RunState::kSucceeded);
  EXPECT_EQ(desk_->Cancel("hourly", "hourly@2016-01-01T00:00:00Z", "").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(desk_->Cancel("weekly", "", "").error().code(), ErrorCode::kNotFound);
}

TEST_F(JobDeskCancelTest, AskedTwiceItIsOneCancelOfWhoAskedFirst) {
  Open();
  on_step_ = [this](const StepCall& call) {
    EXPECT_TRUE(desk_->Cancel("hourly", call.run.id, "ops"));
    EXPECT_EQ(desk_->Cancel("hourly", call.run.id, "others").value().cancel_asked_by, "ops");
  };
  PassTo("2017-03-03T06:00:00Z");
  EXPECT_EQ(Newest("hourly").reason, "cancelled by ops");
}

TEST_F(JobDeskCancelTest, OneThatCannotBeNotedStopsNothing) {
  std::unique_ptr<JobDesk> desk;
  auto opened = JobDesk::Open(
      pipeline_, guarded_, clock_, random_,
      [&](const StepCall&, const std::stop_token& stop) -> Result<StepOutcome> {
        broken_updates_ = 1;
        EXPECT_EQ(desk->Cancel("hourly", "", "").error().code(), ErrorCode::kExhausted);
        EXPECT_FALSE(stop.stop_requested());
        return StepOutcome{};
      },
      [](const config::JobSpec&, const JobRun&, std::set<std::string>*, const std::stop_token&) { return Status(); });
  desk = std::move(*opened);
  const std::string waiting = desk->Request("hourly").value();
  broken_updates_ = 1;
  EXPECT_EQ(desk->Cancel("hourly", waiting, "").error().code(), ErrorCode::kExhausted);
  EXPECT_TRUE(desk->RunNext({}).value());
  EXPECT_EQ(Newest("hourly").state, RunState::kSucceeded);
}

// Whatever is noted last, a run that somebody asked to end is cancelled or was over before.
TEST_F(JobDeskCancelTest, ACancelThatRacesTheEndWinsOrIsRefused) {
  for (int round = 0; round < 200; ++round) {
    store_ = {};
    auto opened = JobDesk::Open(
        pipeline_, guarded_, clock_, random_, [](const StepCall&, const std::stop_token&) -> Result<StepOutcome> { return StepOutcome{}; },
        [](const config::JobSpec&, const JobRun&, std::set<std::string>*, const std::stop_token&) { return Status(); });
    JobDesk& desk = **opened;
    const std::string run = desk.Request("hourly").value();
    bool taken = false;
    {
      const std::jthread canceller([&] { taken = desk.Cancel("hourly", run, "").has_value(); });
      while (desk.RunNext({}).value()) {
      }
    }
    while (desk.RunNext({}).value()) {
    }
    EXPECT_EQ(Newest("hourly").state, taken ? RunState::kCancelled : RunState::kSucceeded);
  }
}

}  // namespace
}  // namespace tailrace::engine
