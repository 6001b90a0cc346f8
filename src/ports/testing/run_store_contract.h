// What every RunStore promises, run by the fake and by every real one:
//
//   INSTANTIATE_TEST_SUITE_P(Real, RunStoreContract, testing::Values(RunStoreFactory{[] { return ...; }}));
//
// Include it in exactly one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/run_store.h"

namespace tailrace {

struct RunStoreFactory {
  std::function<std::unique_ptr<RunStore>()> make;
};

class RunStoreContract : public testing::TestWithParam<RunStoreFactory> {
 protected:
  void SetUp() override {
    store_ = GetParam().make();
    ASSERT_NE(store_, nullptr);
  }

  static JobRun Run(const std::string& job, int64_t due) {
    JobRun run;
    run.id = job + "@" + std::to_string(due);
    run.job = job;
    run.due = run.due_last = {due};
    return run;
  }

  std::vector<std::string> Ids(const RunFilter& filter) {
    std::vector<std::string> ids;
    const auto runs = store_->List(filter).value();
    for (const JobRun& run : runs) ids.push_back(run.id);
    return ids;
  }

  using Texts = std::vector<std::string>;
  std::unique_ptr<RunStore> store_;
};

TEST_P(RunStoreContract, TellsHowFarAJobIsHandled) {
  EXPECT_EQ(store_->Handled("a").value(), std::nullopt);
  ASSERT_TRUE(store_->Add("a", {}, WallTime{7}));
  ASSERT_TRUE(store_->Add("a", {Run("a", 8)}, std::nullopt));
  EXPECT_EQ(store_->Handled("a").value(), WallTime{7});
  ASSERT_TRUE(store_->Add("a", {}, WallTime{9}));
  EXPECT_EQ(store_->Handled("a").value(), WallTime{9});
  EXPECT_EQ(store_->Handled("b").value(), std::nullopt);
}

TEST_P(RunStoreContract, KeepsEveryFieldOfARun) {
  JobRun run = Run("a", 5);
  run.trigger = RunTrigger::kBackfill;
  run.from = {4};
  run.due_last = {6};
  run.count = 2;
  ASSERT_TRUE(store_->Add("a", {run}, std::nullopt));
  EXPECT_EQ(store_->List({}).value(), std::vector{run});
  run.state = RunState::kFailed;
  run.attempts = 3;
  run.interruptions = 1;
  run.steps_done = "101";
  run.rows = int64_t{1} << 40;
  run.not_before = {11};
  run.queued_at = {12};
  run.started_at = {13};
  run.ended_at = {14};
  run.reason = "why \"not\"\n";
  run.told = false;
  run.cancel_asked_at = {15};
  run.cancel_asked_by = "ops";
  ASSERT_TRUE(store_->Update(run, {}, {}));
  EXPECT_EQ(store_->List({}).value(), std::vector{run});
  run.state = RunState::kCancelled;
  ASSERT_TRUE(store_->Update(run, {}, {}));
  EXPECT_EQ(store_->List({}).value(), std::vector{run});
}

TEST_P(RunStoreContract, ARunThatIsThereStaysAsItIs) {
  JobRun run = Run("a", 5);
  ASSERT_TRUE(store_->Add("a", {run}, std::nullopt));
  run.state = RunState::kSucceeded;
  ASSERT_TRUE(store_->Update(run, {}, {}));
  ASSERT_TRUE(store_->Add("a", {Run("a", 5), Run("a", 6)}, std::nullopt));
  EXPECT_EQ(Ids({}), (Texts{"a@6", "a@5"}));
  RunFilter filter;
  filter.ids = {"a@5"};
  EXPECT_EQ(store_->List(filter).value(), std::vector{run});
}

TEST_P(RunStoreContract, ListsTheNewestDueTimesOfWhatIsAskedFor) {
  ASSERT_TRUE(store_->Add("a", {Run("a", 1), Run("a", 3), Run("a", 2)}, std::nullopt));
  ASSERT_TRUE(store_->Add("b", {Run("b", 9)}, std::nullopt));
  JobRun failed = Run("a", 3);
  failed.state = RunState::kFailed;
  failed.told = false;
  ASSERT_TRUE(store_->Update(failed, {}, {}));
  RunFilter filter;
  filter.job = "a";
  EXPECT_EQ(Ids(filter), (Texts{"a@3", "a@2", "a@1"}));
  filter.limit = 2;
  EXPECT_EQ(Ids(filter), (Texts{"a@3", "a@2"}));
  filter.states = {RunState::kQueued, RunState::kRunning};
  EXPECT_EQ(Ids(filter), (Texts{"a@2", "a@1"}));
  RunFilter untold;
  untold.untold = true;
  EXPECT_EQ(Ids(untold), Texts{"a@3"});
}

TEST_P(RunStoreContract, LinesOfALogStayInTheirOrderAndFollowersComeWithThem) {
  const JobRun run = Run("a", 1);
  ASSERT_TRUE(store_->Add("a", {run}, std::nullopt));
  ASSERT_TRUE(store_->Update(run, {{{1}, "", "begins"}, {{2}, "one", "12 rows"}}, {}));
  ASSERT_TRUE(store_->Update(run, {{{3}, "", "ends"}}, {Run("b", 1)}));
  EXPECT_EQ(store_->Log("a@1").value(), (std::vector<RunLogLine>{{{1}, "", "begins"}, {{2}, "one", "12 rows"}, {{3}, "", "ends"}}));
  EXPECT_TRUE(store_->Log("b@1").value().empty());
  EXPECT_EQ(Ids({}).size(), 2U);
}

TEST_P(RunStoreContract, KeepsHowAlertsStand) {
  EXPECT_TRUE(store_->Alerts().value().empty());
  const AlertState quiet{"quiet", true, {1}, {2}, false, "nothing"};
  AlertState few{"few", false, {}, {}, true, ""};
  ASSERT_TRUE(store_->SetAlert(quiet));
  ASSERT_TRUE(store_->SetAlert(few));
  few.since = {8};
  ASSERT_TRUE(store_->SetAlert(few));
  EXPECT_EQ(store_->Alerts().value(), (std::vector{few, quiet}));
}

TEST_P(RunStoreContract, KeepsSilencesUntilTheyAreLifted) {
  EXPECT_TRUE(store_->Silences().value().empty());
  const AlertSilence quiet{"quiet", {7}, "the disk is \"changed\"", "ops"};
  AlertSilence few{"few", {8}, "", ""};
  ASSERT_TRUE(store_->SetSilence(quiet));
  ASSERT_TRUE(store_->SetSilence(few));
  few.until = {9};
  ASSERT_TRUE(store_->SetSilence(few));
  EXPECT_EQ(store_->Silences().value(), (std::vector{few, quiet}));
  few.until = {};
  ASSERT_TRUE(store_->SetSilence(few));
  EXPECT_EQ(store_->Silences().value(), std::vector{quiet});
}

}  // namespace tailrace
