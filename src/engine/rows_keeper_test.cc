#include "engine/rows_keeper.h"

#include <gtest/gtest.h>

#include <set>

#include "ports/testing/fake_document_store.h"
#include "ports/testing/fake_event_log.h"
#include "ports/testing/fake_warehouse.h"

namespace tailrace::engine {
namespace {

constexpr size_t kGroupRows = 4;

class RowsKeeperTest : public ::testing::Test {
 protected:
  // What one commit was given.
  struct Committed {
    size_t rows = 0;
    Positions positions;
    std::optional<Offset> letters;
    int64_t read = 0;
    int64_t undecodable = 0;
    bool operator==(const Committed&) const = default;
  };

  void SetUp() override {
    StreamPlan stream;
    stream.name = "sales";
    WarehousePlan plan;
    plan.streams = {stream};
    ASSERT_TRUE(warehouse_.Adopt(plan));
    MaterializationProgress progress;
    progress.name = progress.stream = "sales";
    progress.kind = "rows";
    progress.positions = {Offset{0}};
    progress_.Add(progress);
    warehouse_.disk().before_commit = [this](const WarehouseCommit& commit) -> Status {
      if (fails_ > 0) {
        --fails_;
        return Fail(error_);
      }
      Committed seen{commit.range.end - commit.range.begin, commit.positions, commit.letters, commit.read, commit.undecodable};
      for (const BatchPart& part : commit.further) seen.rows += part.range.end - part.range.begin;
      commits_.push_back(seen);
      return {};
    };
  }

  // The next `rows` records of the stream; those at `undecodable` are in no row.
  WorkItem Batch(size_t rows, const std::set<size_t>& undecodable = {}) {
    auto batch = std::make_shared<DecodedBatch>();
    batch->stream = "sales";
    batch->run.before = {Offset{next_}};
    batch->rows = std::move(*warehouse_.NewBatch("sales"));
    for (size_t i = 0; i < rows; ++i) {
      OrderedRecord record;
      record.record.offset = Offset{next_++};
      batch->run.records.push_back(record);
      if (undecodable.contains(i)) {
        batch->faults.push_back({i, {}});
        continue;
      }
      batch->rows->rows().BeginRow();
      batch->rows->Stamp(record.partition, record.record.offset, record.record.seq, 0, "{}");
      batch->rows->rows().CommitRow();
      batch->run_index.push_back(i);
    }
    batch->run.after = {Offset{next_}};
    return {batch, {"sales"}, nullptr};
  }

  RowsKeeper Keeper(RowsGroupLimits limits = {.rows = kGroupRows}) {
    return RowsKeeper({warehouse_, documents_, dead_letters_, progress_, clock_, [](std::string_view) {}}, limits);
  }

  std::vector<int64_t> KeptOffsets() {
    std::vector<int64_t> offsets;
    for (const auto& record : warehouse_.disk().kept.at("sales").records) offsets.push_back(record.offset.value);
    return offsets;
  }

  static Committed Of(size_t rows, int64_t next, int64_t read, int64_t undecodable = 0) {
    return {rows, {Offset{next}}, std::nullopt, read, undecodable};
  }

  testing::FakeWarehouse warehouse_;
  testing::FakeDocumentStore documents_;
  ManualClock clock_{WallTime{0}};
  FakeEventLog log_{{1}, clock_};
  DeadLetterWriter dead_letters_{log_, clock_, [](std::string_view) { return std::nullopt; }};
  Progress progress_;
  std::vector<Committed> commits_;
  int fails_ = 0;  // so many of the next commits
  Error error_ = Error::Exhausted("disk full");
  int64_t next_ = 0;
};

TEST_F(RowsKeeperTest, BatchesAreCutIntoWholeGroupsAndTheRestIsCommittedWhenNothingIsQueued) {
  RowsKeeper keeper = Keeper();
  for (int i = 0; i < 3; ++i) keeper.Take(Batch(3), {});
  EXPECT_EQ(commits_, (std::vector{Of(4, 4, 4), Of(4, 8, 4)}));
  keeper.Flush({});
  EXPECT_EQ(commits_.back(), Of(1, 9, 1));
  keeper.Flush({});
  EXPECT_EQ(commits_.size(), 3U) << "nothing is held any more";
  EXPECT_EQ(KeptOffsets(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(progress_.Of("rows", "sales")->positions, (Positions{Offset{9}}));
}

TEST_F(RowsKeeperTest, ABatchOfManyGroupsIsSeveralCommits) {
  RowsKeeper keeper = Keeper();
  keeper.Take(Batch(10), {});
  keeper.Flush({});
  EXPECT_EQ(commits_, (std::vector{Of(4, 4, 4), Of(4, 8, 4), Of(2, 10, 2)}));
}

TEST_F(RowsKeeperTest, WhatIsInNoRowIsCountedWithTheRowsBehindIt) {
  RowsKeeper keeper = Keeper();
  keeper.Take(Batch(6, {0, 5}), {});  // four rows; the last record is none
  EXPECT_EQ(commits_, (std::vector{Of(4, 6, 6, 2)}));
  keeper.Take(Batch(2, {0, 1}), {});  // none at all
  keeper.Flush({});
  EXPECT_EQ(commits_.back(), Of(0, 8, 2, 2));
}

TEST_F(RowsKeeperTest, RowsDoNotWaitForeverNorGrowWithoutBound) {
  RowsKeeper keeper = Keeper({.rows = 100, .wait_max = std::chrono::milliseconds(500)});
  keeper.Take(Batch(1), {});
  clock_.Advance(std::chrono::milliseconds(499));
  keeper.Take(Batch(1), {});
  EXPECT_TRUE(commits_.empty());
  clock_.Advance(std::chrono::milliseconds(1));
  keeper.Take(Batch(1), {});
  EXPECT_EQ(commits_, (std::vector{Of(3, 3, 3)}));
  const size_t row_bytes = Batch(1).batch->rows->byte_count();
  RowsKeeper small = Keeper({.rows = 100, .bytes_max = 2 * row_bytes});
  small.Take(Batch(1), {});
  small.Take(Batch(1), {});
  EXPECT_EQ(commits_.size(), 2U);
}

TEST_F(RowsKeeperTest, RowsOfABulkMayWaitLongerForTheirGroup) {
  RowsKeeper keeper = Keeper({.rows = 100, .wait_max = std::chrono::milliseconds(500), .many = 3, .many_wait_max = std::chrono::milliseconds(900)});
  keeper.Take(Batch(3), {});
  clock_.Advance(std::chrono::milliseconds(899));
  keeper.Take(Batch(1), {});
  EXPECT_TRUE(commits_.empty());
  clock_.Advance(std::chrono::milliseconds(1));
  keeper.Take(Batch(1), {});
  EXPECT_EQ(commits_, (std::vector{Of(5, 5, 5)}));
}

TEST_F(RowsKeeperTest, ManyRowsWaitAMomentForMoreAndFewDoNot) {
  RowsKeeper keeper = Keeper({.rows = 100, .many = 3, .linger = std::chrono::milliseconds(70)});
  keeper.Take(Batch(2), {});
  EXPECT_EQ(keeper.Idle(false, {}), std::nullopt);
  EXPECT_EQ(commits_, (std::vector{Of(2, 2, 2)}));
  keeper.Take(Batch(3), {});
  EXPECT_EQ(keeper.Idle(false, {}), std::chrono::milliseconds(70));
  EXPECT_EQ(commits_.size(), 1U);
  EXPECT_EQ(keeper.Idle(true, {}), std::nullopt);
  EXPECT_EQ(commits_.back(), Of(3, 5, 3));
}

TEST_F(RowsKeeperTest, WhatFailsInPassingIsCommittedWholeLater) {
  RowsKeeper keeper = Keeper();
  keeper.Take(Batch(3), {});
  fails_ = 2;
  keeper.Take(Batch(3), {});
  keeper.Flush({});
  EXPECT_EQ(commits_, (std::vector{Of(4, 4, 4), Of(2, 6, 2)}));
  EXPECT_EQ(KeptOffsets(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(RowsKeeperTest, WhatStopsLetsGoOfWhatItHeldAndTakesNoMore) {
  RowsKeeper keeper = Keeper();
  keeper.Take(Batch(3), {});
  error_ = Error::Internal("broken");
  fails_ = 1;
  keeper.Take(Batch(3), {});
  keeper.Take(Batch(3), {});
  keeper.Flush({});
  EXPECT_TRUE(commits_.empty());
  EXPECT_TRUE(progress_.Of("rows", "sales")->stopped);
  EXPECT_EQ(progress_.Of("rows", "sales")->positions, (Positions{Offset{0}}));
}

TEST_F(RowsKeeperTest, RecordsSentAgainAreACommitOfTheirOwn) {
  RowsKeeper keeper = Keeper();
  keeper.Take(Batch(2), {});
  const WorkItem again = Batch(1);
  auto sent = std::make_shared<DecodedBatch>();
  sent->stream = "sales";
  sent->run = again.batch->run;
  sent->run.before = sent->run.after = {Offset{2}};
  sent->rows = again.batch->rows;
  sent->run_index = again.batch->run_index;
  sent->letters = Offset{7};
  keeper.Take({sent, {"sales"}, nullptr}, {});
  EXPECT_EQ(commits_, (std::vector{Of(2, 2, 2), Committed{1, {Offset{2}}, Offset{7}, 1, 0}}));
}

}  // namespace
}  // namespace tailrace::engine
