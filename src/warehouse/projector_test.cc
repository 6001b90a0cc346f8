// Documents made of batches.
#include <gtest/gtest.h>

#include "warehouse/testing/shop_fixture.h"

namespace tailrace::warehouse {
namespace {

class ProjectorTest : public ShopTest {};

TEST_F(ProjectorTest, DocumentsComeWithTheRowTheyWereMadeOf) {
  Open();
  auto batch = Batch({{"a", "2", 1500}, {"b", "skip"}, {"c", "3", 10}});
  auto documents = warehouse_->Project("products", *batch, {{0, 3}}, nullptr);
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ((*documents)[0].key, "a");
  EXPECT_EQ((*documents)[0].row, 0);
  EXPECT_EQ((*documents)[0].document, R"({"q":"2","p":1.5})");
  EXPECT_EQ((*documents)[0].indexed, std::vector<std::optional<std::string>>{"2"});
  EXPECT_EQ((*documents)[1].key, "c");
  EXPECT_EQ((*documents)[1].row, 2);
  auto part = warehouse_->Project("products", *batch, {{1, 3}}, nullptr);
  ASSERT_TRUE(part);
  ASSERT_EQ(part->size(), 1U);
  EXPECT_EQ((*part)[0].row, 2);
}

TEST_F(ProjectorTest, ProjectionsReachThroughSubqueriesAndReadTheRecord) {
  plan_.projections = {
      {"through", "sales",
       "WITH w AS (SELECT * FROM (SELECT product, _record FROM sales WHERE product <> 'x') AS i) SELECT w.product AS "
       "key, w._record AS document FROM w"},
      {"many", "sales",
       "SELECT p AS key, {'n': quantity} AS document FROM sales, unnest([product, product || '2']) AS u(p)"}};
  Open();
  auto batch = Batch({{"x"}, {"a"}});
  auto documents = warehouse_->Project("through", *batch, {{0, 2}}, nullptr);
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 1U);
  EXPECT_EQ((*documents)[0].document, R"({"product":"a"})");
  EXPECT_EQ((*documents)[0].row, 1);
  documents = warehouse_->Project("many", *batch, {{0, 2}}, nullptr);
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 4U);
  // In the stream's order, whatever order the join has brought them in; those of one record come in any.
  const std::vector<int64_t> rows = {(*documents)[0].row, (*documents)[1].row, (*documents)[2].row,
                                     (*documents)[3].row};
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 0, 1, 1}));
  EXPECT_TRUE((*documents)[3].key == "a" || (*documents)[3].key == "a2");
  EXPECT_EQ((*documents)[3].document, R"({"n":"1"})");
}

TEST_F(ProjectorTest, ProjectionOverGroupsIsRefused) {
  plan_.projections = {{"groups", "sales", "SELECT product AS key, count(*) AS document FROM sales GROUP BY product"}};
  warehouse_ = OpenWarehouse(options_);
  auto states = warehouse_->Adopt(plan_);
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().code(), ErrorCode::kInvalid);
}

TEST_F(ProjectorTest, FailingProjectionIsInvalidData) {
  plan_.projections = {{"numbers", "sales", "SELECT product AS key, quantity::INTEGER AS document FROM sales"}};
  Open();
  auto batch = Batch({{"a", "1"}, {"b", "six"}});
  EXPECT_EQ(warehouse_->Project("numbers", *batch, {{0, 2}}, nullptr).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(warehouse_->Project("numbers", *batch, {{0, 1}}, nullptr)->at(0).document, "1");
}

}  // namespace
}  // namespace tailrace::warehouse
