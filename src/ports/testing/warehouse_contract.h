// What every Warehouse does about batches, positions and shadows, whatever it makes of SQL. A test program includes
// this and instantiates the suite with its warehouse:
//   INSTANTIATE_TEST_SUITE_P(Fake, WarehouseContract, ::testing::Values(&MakeFake));
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ports/warehouse.h"

namespace tailrace::testing {

// A warehouse over one place: Open makes it, and Open again gives what an earlier one left there.
class WarehouseHarness {
 public:
  virtual ~WarehouseHarness() = default;
  virtual std::unique_ptr<Warehouse> Open() = 0;
};

using WarehouseHarnessFactory = std::function<std::unique_ptr<WarehouseHarness>()>;

class WarehouseContract : public ::testing::TestWithParam<WarehouseHarnessFactory> {
 protected:
  void SetUp() override {
    harness_ = GetParam()();
    warehouse_ = harness_->Open();
  }

  // Stream `events` of one integer, in two partitions; table `sums` over it.
  static WarehousePlan Plan(const std::string& fingerprint = "f1") {
    Field n;
    n.name = "n";
    n.type.kind = TypeKind::kInt;
    StreamPlan stream;
    stream.name = "events";
    stream.schema.fields = {n};
    stream.partitions = 2;
    TablePlan table;
    table.name = "sums";
    table.stream = "events";
    table.sql = "SELECT n % 10 AS digit, sum(n) AS total FROM events GROUP BY ALL";
    table.fingerprint = fingerprint;
    WarehousePlan plan;
    plan.streams = {stream};
    plan.tables = {table};
    return plan;
  }

  void Adopt(const WarehousePlan& plan = Plan()) {
    auto states = warehouse_->Adopt(plan);
    ASSERT_TRUE(states) << states.error().message();
    states_ = std::move(*states);
  }

  void Reopen(const WarehousePlan& plan = Plan()) {
    warehouse_.reset();
    warehouse_ = harness_->Open();
    Adopt(plan);
  }

  MaterializationState StateOf(const std::string& name) {
    for (const MaterializationState& state : states_) {
      if (state.name == name) return state;
    }
    ADD_FAILURE() << "no state of " << name;
    return {};
  }

  std::unique_ptr<StreamBatch> Batch(size_t rows) {
    auto batch = warehouse_->NewBatch("events");
    EXPECT_TRUE(batch);
    for (size_t i = 0; i < rows; ++i) {
      const auto number = static_cast<int64_t>(i);
      (*batch)->rows().BeginRow();
      (*batch)->rows().Column(0).Int(number);
      (*batch)->Stamp(PartitionId{static_cast<int32_t>(i % 2)}, Offset{number / 2}, Seq{number + 1}, 1000, "{}");
      (*batch)->rows().CommitRow();
    }
    return std::move(*batch);
  }

  CommitResult Commit(const StreamBatch& batch, MaterializationKind kind, const std::string& name,
                                         Positions positions) {
    WarehouseCommit commit;
    commit.batch = &batch;
    commit.range = {0, batch.row_count()};
    commit.kind = kind;
    commit.names = {name};
    commit.positions = std::move(positions);
    commit.read = static_cast<int64_t>(batch.row_count());
    return warehouse_->Commit(commit);
  }

  static Positions At(int64_t first, int64_t second) { return {Offset{first}, Offset{second}}; }

  std::unique_ptr<WarehouseHarness> harness_;
  std::unique_ptr<Warehouse> warehouse_;
  std::vector<MaterializationState> states_;
};

TEST_P(WarehouseContract, NewMaterializationsStartAtOffsetZero) {
  Adopt();
  EXPECT_EQ(states_.size(), 2U);
  EXPECT_EQ(StateOf("events").kind, MaterializationKind::kStoredRows);
  EXPECT_EQ(StateOf("events").positions, At(0, 0));
  EXPECT_EQ(StateOf("sums").kind, MaterializationKind::kTable);
  EXPECT_EQ(StateOf("sums").stream, "events");
  EXPECT_EQ(StateOf("sums").positions, At(0, 0));
  EXPECT_FALSE(StateOf("sums").changed);
}

TEST_P(WarehouseContract, StreamThatIsNotStoredHasNoState) {
  WarehousePlan plan = Plan();
  plan.streams[0].store = false;
  Adopt(plan);
  EXPECT_EQ(states_.size(), 1U);
}

TEST_P(WarehouseContract, AbandonedRowsAreNotInTheBatch) {
  Adopt();
  auto batch = Batch(3);
  batch->rows().BeginRow();
  batch->rows().Column(0).Int(7);
  batch->rows().AbandonRow();
  EXPECT_EQ(batch->row_count(), 3U);
  EXPECT_GT(batch->byte_count(), 0U);
}

TEST_P(WarehouseContract, EachMaterializationMovesAlone) {
  Adopt();
  auto batch = Batch(10);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(5, 5)));
  Reopen();
  EXPECT_EQ(StateOf("sums").positions, At(5, 5));
  EXPECT_EQ(StateOf("events").positions, At(0, 0));
  batch = Batch(10);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kStoredRows, "events", At(3, 4)));
  Reopen();
  EXPECT_EQ(StateOf("sums").positions, At(5, 5));
  EXPECT_EQ(StateOf("events").positions, At(3, 4));
}

TEST_P(WarehouseContract, PositionsMoveWithoutRows) {
  Adopt();
  auto batch = Batch(0);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(1, 2)));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kStoredRows, "events", At(1, 2)));
  Reopen();
  EXPECT_EQ(StateOf("sums").positions, At(1, 2));
  EXPECT_EQ(StateOf("events").positions, At(1, 2));
}

TEST_P(WarehouseContract, CountersAndPositionsAreOneCommit) {
  Adopt();
  EXPECT_EQ(StateOf("sums").flow, Flow());
  EXPECT_EQ(StateOf("sums").commits, 0);
  auto batch = Batch(10);
  WarehouseCommit commit;
  commit.batch = batch.get();
  commit.range = {2, 10};
  commit.names = {"sums"};
  commit.exclusions = {{"sums", {1, 4, 7}}};  // the first is not in the range
  commit.positions = At(6, 6);
  commit.letters = Offset{3};
  commit.read = 9;
  commit.undecodable = 1;
  auto committed = warehouse_->Commit(commit);
  ASSERT_TRUE(committed) << committed.error().error.message();
  const Flow expected{9, 6, 0, 3};
  EXPECT_EQ(*committed, std::vector<Flow>{expected});
  Reopen();
  EXPECT_EQ(StateOf("sums").flow, expected);
  EXPECT_EQ(StateOf("sums").letters, Offset{3});
  EXPECT_EQ(StateOf("sums").commits, 1);
  EXPECT_EQ(StateOf("sums").positions, At(6, 6));
  EXPECT_EQ(StateOf("events").flow, Flow());
  batch = Batch(4);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(8, 8)));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kStoredRows, "events", At(2, 2)));
  Reopen();
  EXPECT_EQ(StateOf("sums").flow, (Flow{13, 10, 0, 3}));
  EXPECT_EQ(StateOf("sums").letters, Offset{3}) << "not named, so as before";
  EXPECT_EQ(StateOf("sums").commits, 2);
  EXPECT_EQ(StateOf("events").flow, (Flow{4, 4, 0, 0}));
}

TEST_P(WarehouseContract, StoredRowsOfSeveralBatchesAreOneCommit) {
  Adopt();
  const auto first = Batch(5);
  const auto second = Batch(3);
  const auto empty = Batch(0);
  WarehouseCommit commit;
  commit.batch = first.get();
  commit.range = {3, 5};
  commit.further = {{second.get(), {0, 1}}, {empty.get(), {0, 0}}, {second.get(), {1, 3}}};
  commit.kind = MaterializationKind::kStoredRows;
  commit.names = {"events"};
  commit.positions = At(3, 3);
  commit.read = 6;
  commit.undecodable = 1;
  ASSERT_TRUE(warehouse_->Commit(commit));
  Reopen();
  EXPECT_EQ(StateOf("events").flow, (Flow{6, 5, 0, 1}));
  EXPECT_EQ(StateOf("events").commits, 1);
  EXPECT_EQ(StateOf("events").positions, At(3, 3));
}

TEST_P(WarehouseContract, AShadowCountsFromTheBeginning) {
  Adopt();
  auto batch = Batch(4);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(2, 2)));
  ASSERT_TRUE(warehouse_->BeginShadow("sums"));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums@shadow", At(2, 2)));
  ASSERT_TRUE(warehouse_->FinishShadow("sums"));
  auto committed = Commit(*batch, MaterializationKind::kTable, "sums", At(4, 4));
  ASSERT_TRUE(committed);
  EXPECT_EQ(*committed, (std::vector<Flow>{{8, 8, 0, 0}}));
  Reopen();
  EXPECT_EQ(StateOf("sums").flow, (Flow{8, 8, 0, 0}));
  EXPECT_EQ(StateOf("sums").commits, 2);
}

TEST_P(WarehouseContract, UnknownNamesAreNotFound) {
  Adopt();
  auto batch = Batch(1);
  EXPECT_EQ(warehouse_->NewBatch("others").error().code(), ErrorCode::kNotFound);
  auto committed = Commit(*batch, MaterializationKind::kTable, "others", At(1, 1));
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().error.code(), ErrorCode::kNotFound);
  EXPECT_EQ(committed.error().materialization, "");
  EXPECT_EQ(warehouse_->Evaluate("others", *batch, {{0, 1}}, nullptr).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(warehouse_->Project("others", *batch, {{0, 1}}, nullptr).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(warehouse_->BeginShadow("others").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(warehouse_->FinishShadow("sums").error().code(), ErrorCode::kNotFound);
}

TEST_P(WarehouseContract, EvaluateKeepsNothing) {
  Adopt();
  auto batch = Batch(4);
  EXPECT_TRUE(warehouse_->Evaluate("sums", *batch, {{1, 3}}, nullptr));
  Reopen();
  EXPECT_EQ(StateOf("sums").positions, At(0, 0));
}

TEST_P(WarehouseContract, ChangedDefinitionMustBeRebuiltBeforeItConsumes) {
  Adopt();
  auto batch = Batch(4);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(2, 2)));
  Reopen(Plan("f2"));
  EXPECT_TRUE(StateOf("sums").changed);
  EXPECT_FALSE(StateOf("events").changed);
  EXPECT_EQ(StateOf("sums").positions, At(2, 2));
  batch = Batch(4);
  auto committed = Commit(*batch, MaterializationKind::kTable, "sums", At(3, 3));
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().error.code(), ErrorCode::kConflict);
}

TEST_P(WarehouseContract, ShadowTakesThePlaceOfTheTable) {
  Adopt();
  auto batch = Batch(4);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(2, 2)));
  Reopen(Plan("f2"));
  batch = Batch(2);
  ASSERT_TRUE(warehouse_->BeginShadow("sums"));
  ASSERT_TRUE(warehouse_->Evaluate("sums", *batch, {{0, 2}}, nullptr));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums@shadow", At(1, 1)));
  ASSERT_TRUE(warehouse_->FinishShadow("sums"));
  auto committed = Commit(*batch, MaterializationKind::kTable, "sums", At(3, 1));
  ASSERT_TRUE(committed) << committed.error().error.message();
  Reopen(Plan("f2"));
  EXPECT_FALSE(StateOf("sums").changed);
  EXPECT_EQ(StateOf("sums").positions, At(3, 1));
}

TEST_P(WarehouseContract, ShadowThatWasNotFinishedIsForgotten) {
  Adopt();
  auto batch = Batch(4);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(2, 2)));
  ASSERT_TRUE(warehouse_->BeginShadow("sums"));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums@shadow", At(1, 1)));
  Reopen();
  EXPECT_EQ(states_.size(), 2U);
  EXPECT_EQ(StateOf("sums").positions, At(2, 2));
  EXPECT_EQ(warehouse_->FinishShadow("sums").error().code(), ErrorCode::kNotFound);
}

TEST_P(WarehouseContract, ShadowBegunAgainStartsAnew) {
  Adopt();
  auto batch = Batch(4);
  ASSERT_TRUE(warehouse_->BeginShadow("sums"));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums@shadow", At(2, 2)));
  ASSERT_TRUE(warehouse_->BeginShadow("sums"));
  ASSERT_TRUE(warehouse_->FinishShadow("sums"));
  Reopen();
  EXPECT_EQ(StateOf("sums").positions, At(0, 0));
}

TEST_P(WarehouseContract, MaintenanceLosesNothing) {
  Adopt();
  auto batch = Batch(100);
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(50, 50)));
  EXPECT_TRUE(warehouse_->Maintain(false));
  EXPECT_TRUE(warehouse_->Maintain(true));
  ASSERT_TRUE(Commit(*batch, MaterializationKind::kTable, "sums", At(60, 60)));
  Reopen();
  EXPECT_EQ(StateOf("sums").positions, At(60, 60));
}

}  // namespace tailrace::testing
