#include "ports/testing/fake_warehouse.h"

#include "ports/testing/warehouse_contract.h"

namespace tailrace::testing {
namespace {

class FakeHarness final : public WarehouseHarness {
 public:
  std::unique_ptr<Warehouse> Open() override { return std::make_unique<FakeWarehouse>(disk_); }

 private:
  std::shared_ptr<FakeWarehouseDisk> disk_ = std::make_shared<FakeWarehouseDisk>();
};

std::unique_ptr<WarehouseHarness> MakeFake() { return std::make_unique<FakeHarness>(); }

INSTANTIATE_TEST_SUITE_P(Fake, WarehouseContract, ::testing::Values(&MakeFake));

class FakeWarehouseTest : public ::testing::Test {
 protected:
  FakeWarehouseTest() {
    WarehousePlan plan;
    plan.streams.emplace_back().name = "events";
    TablePlan& table = plan.tables.emplace_back();
    table.name = "t";
    table.stream = "events";
    EXPECT_TRUE(warehouse_.Adopt(plan));
    batch_ = std::move(*warehouse_.NewBatch("events"));
    for (int64_t i = 0; i < 3; ++i) {
      batch_->rows().BeginRow();
      batch_->Stamp(PartitionId{0}, Offset{i}, Seq{i + 1}, 0, "{}");
      batch_->rows().CommitRow();
    }
  }

  WarehouseCommit Commit() const {
    WarehouseCommit commit;
    commit.batch = batch_.get();
    commit.range = {0, 3};
    commit.names = {"t"};
    commit.positions = {Offset{3}};
    return commit;
  }

  FakeWarehouse warehouse_;
  std::unique_ptr<StreamBatch> batch_;
};

TEST_F(FakeWarehouseTest, RefusedRecordBlamesItsTableUntilItIsLeftOut) {
  warehouse_.disk().refuses = [](std::string_view, const FakeRecord& record) { return record.offset.value == 1; };
  WarehouseCommit commit = Commit();
  auto refused = warehouse_.Commit(commit);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().materialization, "t");
  EXPECT_EQ(warehouse_.Evaluate("t", *batch_, {{1, 2}}, nullptr).error().code(), ErrorCode::kInvalid);
  EXPECT_TRUE(warehouse_.Evaluate("t", *batch_, {{2, 3}}, nullptr));
  commit.exclusions = {{"t", {1}}};
  ASSERT_TRUE(warehouse_.Commit(commit));
  EXPECT_EQ(warehouse_.disk().kept.find("t")->second.records.size(), 2U);
}

TEST_F(FakeWarehouseTest, ToldToFailItKeepsNothing) {
  warehouse_.disk().before_commit = [](const WarehouseCommit&) -> Status { return Fail(Error::Exhausted("full")); };
  auto refused = warehouse_.Commit(Commit());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), ErrorCode::kExhausted);
  EXPECT_TRUE(warehouse_.disk().kept.find("t")->second.records.empty());
}

}  // namespace
}  // namespace tailrace::testing
