#include "warehouse/duckdb_warehouse.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "ports/testing/warehouse_contract.h"
#include "sql/duckdb.h"
#include "warehouse/testing/shop_fixture.h"

namespace tailrace::warehouse {
namespace {

class DuckDbHarness final : public tailrace::testing::WarehouseHarness {
 public:
  std::unique_ptr<Warehouse> Open() override {
    DuckDbWarehouseOptions options;
    options.path = folder_.File();
    options.compaction_rows_min = 1;
    options.checkpoint_bytes_min = 0;
    return OpenWarehouse(options);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace
}  // namespace tailrace::warehouse

namespace tailrace::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(DuckDb, WarehouseContract, ::testing::Values([]() -> std::unique_ptr<WarehouseHarness> {
                           return std::make_unique<warehouse::DuckDbHarness>();
                         }));

}  // namespace
}  // namespace tailrace::testing

namespace tailrace::warehouse {
namespace {

class DuckDbWarehouseTest : public ShopTest {};

TEST_F(DuckDbWarehouseTest, TablesRowsAndViewsAnswer) {
  Open();
  Keep({{"a", "2", 1500}, {"b", "1", 10'000}});
  Keep({{"a", "-1", 500}});
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",2.500,2; "b",10.000,1)");
  EXPECT_EQ(Ask("SELECT product, doubled, _seq FROM lines ORDER BY _seq"), R"("a",3.000,1; "b",20.000,2; "a",1.000,3)");
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(Ask("SELECT * FROM sales WHERE _seq = 3"), R"("a","-1",0.500,0,2,3,"1970-01-01T00:00:01Z")");
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "3");
}

TEST_F(DuckDbWarehouseTest, EverythingOutlivesTheProcess) {
  Open();
  Keep({{"a"}, {"b"}});
  Open();
  EXPECT_EQ(PositionOf("revenue"), 2);
  EXPECT_EQ(PositionOf("sales"), 2);
  Keep({{"a"}});
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",2.000,2; "b",1.000,1)");
  EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "3");
}

TEST_F(DuckDbWarehouseTest, RecordThatATableCannotTakeBlamesThatTableAndKeepsNothing) {
  Open();
  Keep({{"a"}});
  auto batch = Batch({{"a"}, {"b", "six"}, {"c"}});
  auto refused = warehouse_->Commit(CommitOf(*batch, {"lines", "revenue"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().materialization, "revenue");
  EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "1");
  EXPECT_FALSE(warehouse_->Evaluate("revenue", *batch, {{1, 2}}, nullptr));
  EXPECT_TRUE(warehouse_->Evaluate("revenue", *batch, {{0, 1}}, nullptr));
  EXPECT_TRUE(warehouse_->Evaluate("lines", *batch, {{0, 3}}, nullptr));
  WarehouseCommit commit = CommitOf(*batch, {"lines", "revenue"});
  commit.exclusions = {{"revenue", {1}}};
  ASSERT_TRUE(warehouse_->Commit(commit));
  EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "4");
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "3");
}

TEST_F(DuckDbWarehouseTest, FailuresThatAreNotOfTheDataBlameNobody) {
  Open();
  auto batch = Batch({{"a"}});
  for (const ErrorCode code : {ErrorCode::kExhausted, ErrorCode::kUnavailable, ErrorCode::kCancelled}) {
    FailOnceAt(FaultPoint::kTableCommit, [code](sql::Connection&) -> Status { return Fail(Error(code, "injected")); });
    auto failed = warehouse_->Commit(CommitOf(*batch, {"revenue"}));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().error.code(), code);
    EXPECT_EQ(failed.error().materialization, "");
    EXPECT_EQ(Ask("SELECT count(*) FROM revenue"), "0");
  }
  EXPECT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue"})));
}

TEST_F(DuckDbWarehouseTest, CommitAfterARunTimeErrorFailsThoughDuckDbSaysOk) {
  Open();
  auto batch = Batch({{"a"}});
  for (const char* bad : {"SELECT error('boom')", "SELECT 'x'::INTEGER", "SELEC 1", "SELECT nope FROM revenue"}) {
    FailOnceAt(FaultPoint::kTableCommit, [bad](sql::Connection& connection) -> Status {
      EXPECT_FALSE(connection.Execute(bad));
      return {};
    });
    EXPECT_FALSE(warehouse_->Commit(CommitOf(*batch, {"revenue", "lines"}))) << bad;
    EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "0") << bad;
    FailOnceAt(FaultPoint::kRowsCommit, [bad](sql::Connection& connection) -> Status {
      EXPECT_FALSE(connection.Execute(bad));
      return {};
    });
    EXPECT_FALSE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows))) << bad;
    EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "0") << bad;
  }
  Open();
  EXPECT_EQ(PositionOf("revenue"), 0);
  EXPECT_EQ(PositionOf("sales"), 0);
}

TEST_F(DuckDbWarehouseTest, RowsAppendedBeforeAFailureAreNotWrittenLater) {
  Open();
  Keep({{"a"}});
  auto batch = Batch(std::vector<Sale>(5000, Sale{"b"}));
  for (const FaultPoint point : {FaultPoint::kRowsAppend, FaultPoint::kRowsCommit}) {
    FailOnceAt(point, [](sql::Connection&) -> Status { return Fail(Error::Exhausted("injected")); });
    EXPECT_FALSE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)));
  }
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)));
  EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "5001");
  Open();
  EXPECT_EQ(Ask("SELECT count(*), max(_offset) FROM sales"), "5001,5000");
}

TEST_F(DuckDbWarehouseTest, CompactionFoldsPartialsAndViewsSurviveIt) {
  Open();
  constexpr int kBatches = 150;
  for (int i = 0; i < kBatches; ++i) Keep({{"a"}, {"b"}});
  const std::string before = Ask("SELECT * FROM revenue ORDER BY product");
  Open();  // also of partials that an earlier process has left
  ASSERT_TRUE(warehouse_->Maintain(true));
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), before);
  EXPECT_EQ(Ask("FROM best").size(), 3U);
  EXPECT_EQ(Ask("SELECT max(estimated_size) < 50 FROM duckdb_tables() WHERE table_name LIKE 'revenue@%'"), "true");
  Keep({{"b"}});
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), std::to_string(2 * kBatches + 1));
}

TEST_F(DuckDbWarehouseTest, NoCheckpointIsBegunWithoutRoomForIt) {
  int64_t free_bytes = 1 << 20;
  options_.free_bytes = [&] { return free_bytes; };
  Open();
  Keep({{"a"}, {"b"}});
  const std::string log = options_.path + ".wal";
  ASSERT_GT(std::filesystem::file_size(log), 0U);
  ASSERT_TRUE(warehouse_->Maintain(true));
  EXPECT_GT(std::filesystem::file_size(log), 0U);
  free_bytes = 1 << 30;
  ASSERT_TRUE(warehouse_->Maintain(true));
  EXPECT_TRUE(!std::filesystem::exists(log) || std::filesystem::file_size(log) == 0);
}

TEST_F(DuckDbWarehouseTest, FailedCompactionLeavesTheTableAsItWas) {
  Open();
  for (int i = 0; i < 60; ++i) Keep({{"a"}, {"b"}});
  FailOnceAt(FaultPoint::kCompaction, [](sql::Connection&) -> Status { return Fail(Error::Exhausted("injected")); });
  EXPECT_EQ(warehouse_->Maintain(false).error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "120");
  Keep({{"a"}});
  ASSERT_TRUE(warehouse_->Maintain(false));
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "121");
}

TEST_F(DuckDbWarehouseTest, RebuiltTableTakesItsNewDefinitionAndViewsFollow) {
  Open();
  Keep({{"a", "3"}, {"b", "1", 2000}});
  plan_.tables[0].sql = "SELECT product, sum(price) AS amount FROM sales GROUP BY ALL";
  plan_.tables[0].fingerprint = "another";
  Open();
  EXPECT_EQ(Ask("FROM best"), R"("a")");
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",3.000,1; "b",2.000,1)");
  ASSERT_TRUE(warehouse_->BeginShadow("revenue"));
  seq_ = 0;
  auto batch = Batch({{"a", "3"}, {"b", "1", 2000}});
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue@shadow"})));
  FailOnceAt(FaultPoint::kSwap, [](sql::Connection&) -> Status { return Fail(Error::Unavailable("injected")); });
  EXPECT_FALSE(warehouse_->FinishShadow("revenue"));
  EXPECT_EQ(Ask("FROM best"), R"("a")");
  ASSERT_TRUE(warehouse_->FinishShadow("revenue"));
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",1.000; "b",2.000)");
  Open();
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(PositionOf("revenue"), 2);
}

TEST_F(DuckDbWarehouseTest, RowsTakeANewFieldThatMayBeAbsentInPlace) {
  Open();
  Keep({{"a"}});
  plan_.streams[0].schema.fields.insert(plan_.streams[0].schema.fields.begin(), FieldOf("country", TypeKind::kString));
  Open();
  EXPECT_EQ(Ask("SELECT product, country FROM sales"), R"("a",null)");
}

TEST_F(DuckDbWarehouseTest, RowsOfAChangedSchemaAreStoredAnewThroughAShadow) {
  Open();
  Keep({{"a"}});
  plan_.streams[0].schema.fields.push_back(FieldOf("country", TypeKind::kString));
  plan_.streams[0].schema.fields.back().type.nullable = false;
  Open();
  auto batch = Batch({{"b"}});
  auto refused = warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), ErrorCode::kConflict);
  ASSERT_TRUE(warehouse_->BeginShadow("sales"));
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"sales@shadow"}, MaterializationKind::kStoredRows)));
  ASSERT_TRUE(warehouse_->FinishShadow("sales"));
  EXPECT_EQ(Ask("SELECT product, country FROM sales"), R"("b",null)");
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)));
  EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "2");
}

TEST_F(DuckDbWarehouseTest, TwoConnectionsCommitTheSameBatchAtOnce) {
  Open();
  constexpr int kBatches = 40;
  for (int i = 0; i < kBatches; ++i) {
    auto batch = Batch(std::vector<Sale>(3000, Sale{"a", "1", 1000}));
    std::atomic<bool> stored = false;
    std::jthread rows([&] {
      stored = warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)).has_value();
    });
    auto tables = warehouse_->Commit(CommitOf(*batch, {"revenue", "lines"}));
    ASSERT_TRUE(tables) << tables.error().error.message();
    rows.join();
    ASSERT_TRUE(stored);
    ASSERT_TRUE(warehouse_->Maintain(false));
  }
  EXPECT_EQ(Ask("SELECT (SELECT sum(lines) FROM revenue), (SELECT count(*) FROM lines), (SELECT count(DISTINCT _seq) "
                "FROM sales)"),
            "120000,120000,120000");
}

TEST_F(DuckDbWarehouseTest, TheJournalOfCommitsIsBounded) {
  Open();
  for (int i = 0; i < 1100; ++i) {
    auto batch = Batch({});
    ++seq_;
    ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue"})));
  }
  EXPECT_EQ(Ask("SELECT count(*) BETWEEN 512 AND 1023 FROM _tailrace.table_commits"), "true");
  Open();
  EXPECT_EQ(PositionOf("revenue"), 1100);
}

TEST_F(DuckDbWarehouseTest, AFileOfLayoutOneGoesOnAndIsCountedFromThere) {
  Open();
  Keep({{"a"}, {"b"}});
  warehouse_.reset();
  {
    sql::DatabaseOptions options;
    options.path = options_.path;
    auto database = *sql::Database::Open(options);
    auto connection = *database->Connect();
    for (const std::string kind : {"table", "row"}) {
      ASSERT_TRUE(connection->Execute(
          "CREATE TABLE _tailrace." + kind + "_positions AS SELECT id, 0::INTEGER AS partition, unnest([1, positions[1]]) AS "
          "next FROM _tailrace." + kind + "_commits; DROP TABLE _tailrace." + kind + "_commits"));
    }
    ASSERT_TRUE(connection->Execute("DELETE FROM _tailrace.format; INSERT INTO _tailrace.format VALUES (1)"));
  }
  Open();
  EXPECT_EQ(PositionOf("revenue"), 2);
  EXPECT_EQ(PositionOf("sales"), 2);
  for (const MaterializationState& state : states_) {
    EXPECT_FALSE(state.changed);
    EXPECT_EQ(state.counted_from, Positions{Offset{2}});
  }
  Keep({{"a"}});
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "3");
  ASSERT_TRUE(warehouse_->BeginShadow("revenue"));
  ASSERT_TRUE(warehouse_->FinishShadow("revenue"));
  Open();
  for (const MaterializationState& state : states_) EXPECT_EQ(state.counted_from.empty(), state.name == "revenue");
  EXPECT_EQ(PositionOf("lines"), 3);
}

TEST_F(DuckDbWarehouseTest, FileOfAnotherVersionIsRefused) {
  Open();
  warehouse_.reset();
  {
    sql::DatabaseOptions options;
    options.path = options_.path;
    auto database = *sql::Database::Open(options);
    auto connection = *database->Connect();
    ASSERT_TRUE(connection->Execute("DELETE FROM _tailrace.format; INSERT INTO _tailrace.format VALUES (99)"));
  }
  warehouse_ = OpenWarehouse(options_);
  auto states = warehouse_->Adopt(plan_);
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().code(), ErrorCode::kInvalid);
}

TEST_F(DuckDbWarehouseTest, FileThatCannotBeOpenedIsUnavailable) {
  DuckDbWarehouseOptions nowhere;
  nowhere.path = folder_.File() + "/no/such/folder";
  auto missing = OpenDuckDbWarehouse(nowhere);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tailrace::warehouse
