// How many records of a batch a table makes rows of, and of how many it makes none: counted by DuckDB, for each kind of
// SELECT that a table may have.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "warehouse/duckdb_warehouse.h"

namespace tailrace::warehouse {
namespace {

struct Case {
  std::string sql;
  int64_t emitted = 0;
  int64_t filtered = 0;
};

class RecordCounts : public ::testing::TestWithParam<Case> {
 protected:
  static Field IntField(std::string name) {
    Field field;
    field.name = std::move(name);
    field.type.kind = TypeKind::kInt;
    field.type.nullable = true;
    return field;
  }

  void Open(const std::string& sql) {
    DuckDbWarehouseOptions options;
    options.path = ":memory:";
    auto opened = OpenDuckDbWarehouse(options);
    ASSERT_TRUE(opened) << opened.error().message();
    warehouse_ = std::move(*opened);
    WarehousePlan plan;
    StreamPlan& stream = plan.streams.emplace_back();
    stream.name = "s";
    stream.schema.fields = {IntField("n"), IntField("size")};
    TablePlan& table = plan.tables.emplace_back();
    table.name = "t";
    table.stream = "s";
    table.sql = sql;
    auto states = warehouse_->Adopt(plan);
    ASSERT_TRUE(states) << states.error().message();
  }

  // n is 0, 1, ..., and null at every fifth record; size is n % 3.
  std::unique_ptr<StreamBatch> Records(int64_t count) {
    auto batch = std::move(*warehouse_->NewBatch("s"));
    for (int64_t i = 0; i < count; ++i) {
      batch->rows().BeginRow();
      if (i % 5 == 4) {
        batch->rows().Column(0).Null();
      } else {
        batch->rows().Column(0).Int(i);
      }
      batch->rows().Column(1).Int(i % 3);
      batch->Stamp(PartitionId{0}, Offset{i}, Seq{i + 1}, 1000, "{}");
      batch->rows().CommitRow();
    }
    return batch;
  }

  std::unique_ptr<Warehouse> warehouse_;
};

TEST_P(RecordCounts, AreThoseOfTheSelect) {
  Open(GetParam().sql);
  ASSERT_NE(warehouse_, nullptr);
  const auto batch = Records(60);
  WarehouseCommit commit;
  commit.batch = batch.get();
  commit.range = {0, 60};
  commit.names = {"t"};
  commit.positions = {Offset{60}};
  commit.read = 60;
  auto flows = warehouse_->Commit(commit);
  ASSERT_TRUE(flows) << flows.error().error.message();
  EXPECT_EQ(flows->front(), (Flow{60, GetParam().emitted, GetParam().filtered, 0}));

  // Twice that after a second batch, one record of which is left out. It is number 30, which every one of the cases takes.
  commit.exclusions = {{"t", {30}}};
  commit.positions = {Offset{120}};
  flows = warehouse_->Commit(commit);
  ASSERT_TRUE(flows) << flows.error().error.message();
  EXPECT_EQ(flows->front(), (Flow{120, 2 * GetParam().emitted - 1, 2 * GetParam().filtered, 1}));
}

// Of 60 records 12 have no n; 40 have a size above 0, and 20 of size 0 (those whose number divides by three).
INSTANTIATE_TEST_SUITE_P(
    Tables, RecordCounts,
    ::testing::Values(
        Case{"SELECT n FROM s", 60, 0}, Case{"SELECT n FROM s WHERE n < 40", 32, 28},
        Case{"SELECT n + 1 AS more FROM s WHERE more <= 40", 32, 28},
        Case{"SELECT count(*) AS c FROM s WHERE size = 0", 20, 40},
        Case{"SELECT size, sum(n) AS total FROM s WHERE n IS NOT NULL GROUP BY ALL HAVING total < 0", 48, 12},
        Case{"SELECT n // 10 AS tens, first(size) AS f FROM s WHERE tens = 3 GROUP BY ALL", 8, 52},
        Case{"SELECT count(*) FILTER (WHERE n = 1) AS c FROM s", 60, 0},
        Case{"SELECT n, unnest(range(2 - size)) AS i FROM s", 40, 20},
        Case{"SELECT n, u.i FROM s, unnest(range(2 - size)) AS u(i) WHERE n >= 30", 16, 44},
        Case{"SELECT u.i, count(*) AS c FROM s, unnest(range(2 - size)) AS u(i) GROUP BY ALL", 40, 20},
        Case{"SELECT count(*) AS c FROM (SELECT n FROM s WHERE size = 0) AS v WHERE v.n >= 30", 8, 52},
        Case{"WITH w AS (SELECT n, size FROM s WHERE size = 0) SELECT n FROM w WHERE n >= 30", 8, 52},
        Case{"SELECT i FROM (SELECT unnest(range(2 - size)) AS i FROM s WHERE n >= 0) AS v", 32, 28}));

}  // namespace
}  // namespace tailrace::warehouse
