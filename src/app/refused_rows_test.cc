// Which records a table or a collection refuses, and why, found fast and found by halving: with DuckDB the two must say the same.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/bisect.h"
#include "warehouse/duckdb_warehouse.h"

namespace tailrace::app {
namespace {

struct Question {
  const char* name;
  const char* sql;
  bool is_collection = false;
};

// The kinds of SELECT that differ in where a value is worked out: at once, behind a filter, in an aggregate, behind a join.
constexpr Question kQuestions[] = {
    {"plain", "SELECT product, quantity::INT AS n FROM sales"},
    {"behind_a_filter", "SELECT product, quantity::INT AS n FROM sales WHERE length(product) > 1"},
    {"in_a_filter", "SELECT product FROM sales WHERE quantity::INT > 50"},
    {"in_both", "SELECT product, 100 // nullif(length(product), 0) AS n, product::INT AS p FROM sales WHERE quantity::INT > 50"},
    {"sums", "SELECT product, sum(quantity::INT) AS n, count(*) AS rows FROM sales GROUP BY product"},
    {"sums_behind_a_filter", "SELECT product, sum(quantity::INT) AS n FROM sales WHERE product <> 'a' GROUP BY ALL"},
    {"two_partials", "SELECT product, count(DISTINCT quantity::INT) AS n, sum(product::INT) AS p FROM sales GROUP BY product"},
    {"in_the_group", "SELECT quantity::INT AS n, count(*) AS rows FROM sales GROUP BY ALL"},
    {"filtered_aggregate", "SELECT product, sum(quantity::INT) FILTER (WHERE product <> 'b') AS n FROM sales GROUP BY ALL"},
    {"ordered", "SELECT product, last(quantity::INT) AS n, list(quantity::INT) AS all FROM sales GROUP BY ALL"},
    {"unnested", "SELECT product, unnest([1, quantity::INT]) AS n FROM sales"},
    {"joined", "SELECT product, n FROM sales, unnest([1, quantity::INT]) AS u(n)"},
    {"cases", "SELECT CASE WHEN product = 'a' THEN quantity::INT WHEN product = 'bb' THEN error('no bb') END AS n FROM sales"},
    {"together", "SELECT product, sum(quantity::DECIMAL(38, 0) * 1000000000000000000000000000000000000) AS n FROM sales GROUP BY ALL"},
    {"documents", "SELECT product AS key, json_object('n', quantity::INT) AS document FROM sales", true},
    {"documents_behind_a_filter", "SELECT product AS key, {'n': quantity::INT} AS document FROM sales WHERE product <> 'a'", true},
    {"documents_joined", "SELECT p AS key, {'n': quantity::INT} AS document FROM sales, unnest([product, quantity]) AS u(p)", true},
};

Field TextField(std::string name) {
  Field field;
  field.name = std::move(name);
  field.type.kind = TypeKind::kString;
  field.type.nullable = true;
  return field;
}

class RefusedRowsTest : public ::testing::Test {
 protected:
  RefusedRowsTest() {
    WarehousePlan plan;
    StreamPlan& sales = plan.streams.emplace_back();
    sales.name = "sales";
    sales.schema.fields = {TextField("product"), TextField("quantity")};
    for (const Question& question : kQuestions) {
      if (question.is_collection) {
        plan.projections.push_back({question.name, "sales", question.sql});
      } else {
        TablePlan& table = plan.tables.emplace_back();
        table.name = question.name;
        table.stream = "sales";
        table.sql = table.fingerprint = question.sql;
      }
    }
    warehouse::DuckDbWarehouseOptions options;
    options.path = ":memory:";
    options.threads = 1;
    auto opened = warehouse::OpenDuckDbWarehouse(options);
    EXPECT_TRUE(opened) << opened.error().message();
    warehouse_ = std::move(*opened);
    const auto adopted = warehouse_->Adopt(plan);
    EXPECT_TRUE(adopted) << adopted.error().message();
  }

  std::unique_ptr<StreamBatch> Batch(size_t rows, double bad_share, uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto share = [&] { return static_cast<double>(random() % 1000) / 1000; };
    const char* products[] = {"a", "bb", "1", "22", ""};
    auto batch = std::move(*warehouse_->NewBatch("sales"));
    for (size_t row = 0; row < rows; ++row) {
      batch->rows().BeginRow();
      batch->rows().Column(0).String(products[random() % std::size(products)]);
      batch->rows().Column(1).String(share() < bad_share ? "x" + std::to_string(row) : std::to_string(random() % 100));
      batch->Stamp(PartitionId{0}, Offset{static_cast<int64_t>(row)}, Seq{static_cast<int64_t>(row) + 1}, 1000, "{}");
      batch->rows().CommitRow();
    }
    return batch;
  }

  engine::RowTest TestOf(const Question& question, const StreamBatch& batch) {
    return [this, &question, &batch](const Trial& trial, RowRange* suspects) -> Status {
      ++tests_;
      if (!question.is_collection) return warehouse_->Evaluate(question.name, batch, trial, suspects);
      if (auto documents = warehouse_->Project(question.name, batch, trial, suspects); !documents) return Fail(documents.error());
      return {};
    };
  }

  std::unique_ptr<Warehouse> warehouse_;
  int tests_ = 0;
};

TEST_F(RefusedRowsTest, WhatIsFoundFastIsWhatHalvingFindsWithTheSameReasons) {
  uint64_t seed = 1;
  for (const double bad_share : {0.01, 0.3, 1.0}) {
    const auto batch = Batch(60, bad_share, ++seed);
    const RowRange range{seed % 7, batch->row_count()};
    const std::vector<size_t> excluded = {9, 10, 33};
    for (const Question& question : kQuestions) {
      const auto test = TestOf(question, *batch);
      const auto found = engine::FindRefusedRows(range, excluded, test);
      const auto halved = engine::FindRefusedRowsByHalving(range, excluded, test);
      ASSERT_TRUE(found.has_value()) << question.name << ": " << found.error().message();
      ASSERT_TRUE(halved.has_value()) << question.name << ": " << halved.error().message();
      ASSERT_EQ(engine::NumbersOf(*found), engine::NumbersOf(*halved)) << question.name;
      for (size_t i = 0; i < found->size(); ++i) EXPECT_EQ(found->at(i).reason, halved->at(i).reason) << question.name;
    }
  }
}

TEST_F(RefusedRowsTest, OverManyVectorsOfRowsAsWell) {
  const auto batch = Batch(5000, 0.001, 77);
  for (const Question& question : kQuestions) {
    const auto test = TestOf(question, *batch);
    const auto found = engine::FindRefusedRows({5, 4990}, {}, test);
    const auto halved = engine::FindRefusedRowsByHalving({5, 4990}, {}, test);
    ASSERT_TRUE(found.has_value() && halved.has_value()) << question.name;
    ASSERT_EQ(engine::NumbersOf(*found), engine::NumbersOf(*halved)) << question.name;
  }
}

// DuckDB hands rows on one by one, so the one it was handed last is the one that fails. Were that no more so, the answers would still be
// right, but a batch of bad records would take minutes again.
TEST_F(RefusedRowsTest, ABadRecordCostsTwoTestsAndNoMore) {
  const auto batch = Batch(400, 0.3, 5);
  for (const Question& question : kQuestions) {
    const std::string_view name = question.name;
    if (name.ends_with("joined") || name == "together") continue;
    tests_ = 0;
    const auto found = engine::FindRefusedRows({0, 400}, {}, TestOf(question, *batch));
    ASSERT_TRUE(found.has_value()) << question.name;
    EXPECT_GT(found->size(), 20U) << question.name;
    EXPECT_LE(tests_, static_cast<int>(2 * found->size()) + 12) << question.name;
  }
}

}  // namespace
}  // namespace tailrace::app
