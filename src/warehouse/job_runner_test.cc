#include "warehouse/job_runner.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "warehouse/duckdb_warehouse.h"

namespace tailrace::warehouse {
namespace {

class Rows final : public ResultSink {
 public:
  bool Begin(std::span<const ColumnInfo>) override { return true; }
  bool Row(std::span<const std::string_view> values) override {
    std::string row;
    for (const std::string_view value : values) row += (row.empty() ? "" : " ") + std::string(value);
    rows.push_back(row);
    return true;
  }
  std::vector<std::string> rows;
};

class JobRunnerTest : public testing::Test {
 protected:
  JobRunnerTest() { Open(); }
  ~JobRunnerTest() override {
    warehouse_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open() {
    warehouse_.reset();
    DuckDbWarehouseOptions options;
    options.path = folder_ + "/warehouse.duckdb";
    auto opened = OpenDuckDbWarehouse(options);
    ASSERT_TRUE(opened) << opened.error().message();
    warehouse_ = std::move(*opened);
    ASSERT_TRUE(warehouse_->Adopt({}));
  }

  Result<JobSqlOutcome> Run(const std::string& run, size_t step, std::vector<std::string> statements, const std::stop_token& stop = {}) {
    JobSqlRequest request;
    request.run = run;
    request.step = step;
    request.statements = std::move(statements);
    request.due = {2'000'000};
    request.from = {1'000'000};
    request.now = {3'000'000};
    return JobTablesOf(*warehouse_).Run(request, stop);
  }

  std::vector<std::string> Ask(const std::string& sql) {
    Rows rows;
    QueryRequest request;
    request.sql = sql;
    request.trusted = true;
    const auto asked = warehouse_->Query(request, rows, {});
    EXPECT_TRUE(asked) << asked.error().message();
    return rows.rows;
  }

  using Texts = std::vector<std::string>;
  const std::string folder_ = [] {
    std::string text = (std::filesystem::temp_directory_path() / "job-runner-XXXXXX").string();
    return std::string(mkdtemp(text.data()));
  }();
  std::unique_ptr<ExportingWarehouse> warehouse_;
};

TEST_F(JobRunnerTest, AStepOfARunHappensOnceAlsoAfterARestart) {
  ASSERT_TRUE(Run("a@1", 0, {"CREATE TABLE t AS SELECT $from AS f, $due AS d, now()::TIMESTAMP AS n WHERE false"}));
  for (int i = 0; i < 3; ++i) {
    const auto done = Run("a@1", 1, {"INSERT INTO t SELECT $from, $due, now()::TIMESTAMP"});
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->rows, 1);
    EXPECT_EQ(done->was_done, i > 0);
    if (i == 1) Open();
  }
  EXPECT_EQ(Ask("SELECT * FROM jobs.t"), Texts{"\"1970-01-01T00:00:01Z\" \"1970-01-01T00:00:02Z\" \"1970-01-01T00:00:03Z\""});
}

TEST_F(JobRunnerTest, WhatFailsLeavesNothingAndMayComeAgain) {
  ASSERT_TRUE(Run("a@1", 0, {"CREATE TABLE t AS SELECT 1 AS a"}));
  const auto failed = Run("a@1", 1, {"INSERT INTO t SELECT 2", "INSERT INTO t SELECT CAST('x' AS INT)"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(failed.error().message().find("LINE"), std::string::npos) << failed.error().message();
  EXPECT_EQ(Ask("SELECT a FROM jobs.t"), Texts{"1"});
  EXPECT_FALSE(Run("a@1", 1, {"INSERT INTO t SELECT 2"})->was_done);
  EXPECT_EQ(Ask("SELECT a FROM jobs.t ORDER BY a"), (Texts{"1", "2"}));
}

TEST_F(JobRunnerTest, MarksDoNotPileUp) {
  ASSERT_TRUE(Run("b@1", 0, {"CREATE TABLE other AS SELECT 1 AS a"}));
  for (int i = 0; i < 20; ++i) {
    const std::string run = "a@" + std::to_string(i);
    ASSERT_TRUE(Run(run, 0, {"CREATE OR REPLACE TABLE t AS SELECT 1 AS a"}));
    ASSERT_TRUE(Run(run, 1, {"INSERT INTO t SELECT 2"}));
  }
  EXPECT_EQ(Ask("SELECT run, step FROM _tailrace.job_marks ORDER BY ALL"), (Texts{"\"a@19\" 0", "\"a@19\" 1", "\"b@1\" 0"}));
}

TEST_F(JobRunnerTest, AStopEndsALongStatementAndLeavesNothing) {
  std::stop_source stop;
  const std::jthread stopper([&] { stop.request_stop(); });
  const auto stopped = Run("a@1", 0, {"CREATE TABLE t AS SELECT count(*) AS n FROM range(10000000) a, range(10000000) b"}, stop.get_token());
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
  EXPECT_TRUE(Run("a@1", 0, {"CREATE TABLE t AS SELECT 1 AS n"})) << "the connection is fit for the next";
  EXPECT_EQ(Ask("SELECT n FROM jobs.t"), Texts{"1"});
}

TEST_F(JobRunnerTest, WhoWaitsForTheStatementOfAnotherIsStoppedToo) {
  ASSERT_TRUE(JobTablesOf(*warehouse_).WhileResting([&]() -> Status {
    std::stop_source stop;
    const std::jthread stopper([&] { stop.request_stop(); });
    const auto stopped = Run("a@1", 0, {"CREATE TABLE t AS SELECT 1 AS n"}, stop.get_token());
    EXPECT_EQ(stopped.error().code(), ErrorCode::kCancelled);
    return {};
  }));
  EXPECT_TRUE(Run("a@1", 0, {"CREATE TABLE t AS SELECT 1 AS n"}));
}

}  // namespace
}  // namespace tailrace::warehouse
