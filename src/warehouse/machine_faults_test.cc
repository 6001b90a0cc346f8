// What memory, disk and interrupts do to a commit, done to DuckDB really: no record is to blame, nothing is kept, and the next try passes.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "sql/duckdb.h"
#include "warehouse/testing/shop_fixture.h"

namespace tailrace::warehouse {
namespace {

class MachineFaultsTest : public ShopTest {};

TEST_F(MachineFaultsTest, ALackOfMemoryIsNoRecords) {
  AddTable("wide", "SELECT repeat(product || quantity, 100000) AS p, count(*) AS n FROM sales GROUP BY ALL");
  options_.memory_bytes_max = size_t{64} << 20;
  options_.threads = 1;
  options_.temp_directory = folder_.File() + ".tmp";
  Open();
  std::vector<Sale> many;
  for (int i = 0; i < 4000; ++i) many.push_back({"product", std::to_string(100'000 + i)});
  const auto batch = Batch(many);
  const auto failed = warehouse_->Commit(CommitOf(*batch, {"wide"}));
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().error.code(), ErrorCode::kExhausted) << failed.error().error.message();
  EXPECT_EQ(failed.error().materialization, "");
  EXPECT_EQ(Ask("SELECT count(*) FROM wide"), "0");
  const Status searched = warehouse_->Evaluate("wide", *batch, {{0, 4000}}, nullptr);
  ASSERT_FALSE(searched);
  EXPECT_EQ(searched.error().code(), ErrorCode::kExhausted);
  WarehouseCommit few = CommitOf(*batch, {"wide"});
  few.range = {0, 10};
  EXPECT_TRUE(warehouse_->Commit(few));
}

TEST_F(MachineFaultsTest, AnInterruptIsNoRecords) {
  AddTable("long", "SELECT product, list_sum(list_transform(range(3000000), x -> x % 7)) AS n, quantity FROM sales");
  Open();
  const auto batch = Batch(std::vector<Sale>(300));
  std::atomic<sql::Connection*> running = nullptr;
  FailOnceAt(FaultPoint::kTableInsert, [&](sql::Connection& connection) -> Status {
    running = &connection;
    return {};
  });
  std::jthread interrupter([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (sql::Connection* connection = running) connection->Interrupt();
      std::this_thread::yield();
    }
  });
  const auto failed = warehouse_->Commit(CommitOf(*batch, {"long"}));
  interrupter.request_stop();
  interrupter.join();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().error.code(), ErrorCode::kCancelled) << failed.error().error.message();
  EXPECT_EQ(failed.error().materialization, "");
  EXPECT_EQ(Ask("SELECT count(*) FROM long"), "0");
  // One that came too late for the statement may strike the next; the engine tries again.
  WarehouseCommit few = CommitOf(*batch, {"long"});
  few.range = {0, 1};
  const auto struck = warehouse_->Commit(few);
  if (!struck) {
    EXPECT_EQ(struck.error().error.code(), ErrorCode::kCancelled) << struck.error().error.message();
  }
  const auto again = struck ? struck : warehouse_->Commit(few);
  EXPECT_TRUE(again) << again.error().error.message();
}

// What the file may grow by is used up: writes fail from then on.
TEST_F(MachineFaultsTest, AWriteThatFailsIsNoRecords) {
  options_.checkpoint_bytes_min = size_t{1} << 40;
  Open();
  Keep({{"a"}});
  std::vector<Sale> many;
  for (int i = 0; i < 5000; ++i) many.push_back({"product " + std::to_string(i), "1"});
  const auto batch = Batch(many);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{4096, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const auto failed = warehouse_->Commit(CommitOf(*batch, {"lines"}));
  setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().error.code(), ErrorCode::kInvalid) << failed.error().error.message();
  EXPECT_EQ(failed.error().materialization, "") << failed.error().error.message();
  Open();
  EXPECT_EQ(PositionOf("lines"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "1");
}

}  // namespace
}  // namespace tailrace::warehouse
