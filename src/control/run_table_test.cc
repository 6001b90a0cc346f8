#include "control/run_table.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "ports/testing/run_store_contract.h"
#include "sqlite/sqlite.h"

namespace tailrace::control {
namespace {

std::string NewFile() {
  std::string folder = (std::filesystem::temp_directory_path() / "run-table-XXXXXX").string();
  EXPECT_NE(mkdtemp(folder.data()), nullptr);
  return folder + "/control.sqlite";
}

std::unique_ptr<RunStore> Open(const std::string& path) {
  auto opened = OpenRunTable(path);
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? std::move(*opened) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(Sqlite, RunStoreContract, testing::Values(RunStoreFactory{[] { return Open(NewFile()); }}));

JobRun Done(int64_t due) {
  JobRun run;
  run.id = "a@" + std::to_string(due);
  run.job = "a";
  run.due = {due};
  run.state = RunState::kSucceeded;
  return run;
}

TEST(RunTable, WhatWasWrittenIsThereWhenItIsOpenedAgain) {
  const std::string path = NewFile();
  const AlertState alert{"quiet", true, {1}, {2}, true, "nothing"};
  {
    const auto store = Open(path);
    ASSERT_TRUE(store->Add("a", {Done(1)}, WallTime{1}));
    ASSERT_TRUE(store->Update(Done(1), {{{1}, "one", "12 rows"}}, {}));
    ASSERT_TRUE(store->SetAlert(alert));
  }
  const auto store = Open(path);
  EXPECT_EQ(store->Handled("a").value(), WallTime{1});
  EXPECT_EQ(store->List({}).value(), std::vector{Done(1)});
  EXPECT_EQ(store->Log("a@1").value().size(), 1U);
  EXPECT_EQ(store->Alerts().value(), std::vector{alert});
  struct stat found {};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
}

TEST(RunTable, TheOldestRunsGoButNotThoseThatAreNotOver) {
  const auto store = Open(NewFile());
  std::vector<JobRun> runs;
  for (int64_t due = 1; due <= kRunsKeptMax + 10; ++due) runs.push_back(Done(due));
  runs[0].state = RunState::kQueued;
  runs[1].told = false;
  ASSERT_TRUE(store->Add("a", runs, std::nullopt));
  ASSERT_TRUE(store->Update(Done(kRunsKeptMax + 10), {}, {}));
  RunFilter all;
  all.limit = 100'000;
  const auto left = store->List(all).value();
  EXPECT_EQ(left.size(), static_cast<size_t>(kRunsKeptMax) + 2);
  EXPECT_EQ(left.back().due, WallTime{1});
}

TEST(RunTable, AFileOfTheFirstVersionsIsTakenWithItsRuns) {
  const std::string path = NewFile();
  {
    auto older = sqlite::Connection::Open({.path = path}).value();
    ASSERT_TRUE(older->Execute(
        "CREATE TABLE runs (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, trigger TEXT NOT NULL, state TEXT NOT NULL,"
        " due_us INTEGER NOT NULL, from_us INTEGER NOT NULL, due_last_us INTEGER NOT NULL, count INTEGER NOT NULL, attempts INTEGER NOT NULL,"
        " interruptions INTEGER NOT NULL, steps_done TEXT NOT NULL, rows INTEGER NOT NULL, not_before_us INTEGER NOT NULL, queued_us INTEGER NOT NULL,"
        " started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL, reason TEXT NOT NULL, told INTEGER NOT NULL) STRICT;"
        "INSERT INTO runs VALUES (1, 'a@1', 'a', 'schedule', 'succeeded', 1, 0, 0, 1, 0, 0, '', 0, 0, 0, 0, 0, '', 1)"));
  }
  JobRun cancelled = Done(2);
  cancelled.state = RunState::kCancelled;
  cancelled.cancel_asked_by = "ops";
  ASSERT_TRUE(Open(path)->Add("a", {cancelled}, std::nullopt));
  EXPECT_EQ(Open(path)->List({}).value(), (std::vector{cancelled, Done(1)}));
}

TEST(RunTable, ALogEndsAtItsLimit) {
  const auto store = Open(NewFile());
  ASSERT_TRUE(store->Add("a", {Done(1)}, std::nullopt));
  std::vector<RunLogLine> lines(static_cast<size_t>(kRunLogLinesMax) + 5, {{1}, "", std::string(kRunLogLineBytesMax + 1, 'x')});
  ASSERT_TRUE(store->Update(Done(1), lines, {}));
  const auto kept = store->Log("a@1").value();
  EXPECT_EQ(kept.size(), static_cast<size_t>(kRunLogLinesMax));
  EXPECT_EQ(kept[0].text.size(), kRunLogLineBytesMax);
}

}  // namespace
}  // namespace tailrace::control
