#include "sql/scratch.h"

#include <gtest/gtest.h>

namespace tailrace::sql {
namespace {

Schema SalesSchema() {
  Schema schema;
  Type text;
  Type number;
  number.kind = TypeKind::kInt;
  Type money;
  money.kind = TypeKind::kDecimal;
  money.width = 12;
  money.scale = 3;
  schema.fields = {{"Country", text}, {"Quantity", number}, {"UnitPrice", money}};
  return schema;
}

std::unique_ptr<Scratch> WithSales() {
  auto scratch = Scratch::Open();
  EXPECT_TRUE(scratch);
  EXPECT_TRUE((*scratch)->AddStream("sales", SalesSchema()));
  return std::move(*scratch);
}

std::string Text(const SqlResult<std::vector<ResultColumn>>& columns) {
  if (!columns)
    return "error at " + (columns.error().position ? std::to_string(*columns.error().position) : "?") + ": " +
           columns.error().message;
  std::string text;
  for (const ResultColumn& column : *columns) text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

TEST(ScratchTest, ColumnsOfAStreamAreThoseOfItsSchemaAndItsPlaces) {
  auto scratch = WithSales();
  EXPECT_EQ(Text(scratch->Describe("FROM sales")),
            "Country VARCHAR, Quantity BIGINT, UnitPrice DECIMAL(12,3), _partition INTEGER, _offset BIGINT, _seq "
            "BIGINT, _ingested_at TIMESTAMP");
}

TEST(ScratchTest, ExpressionsHaveTypesAndTheNamesOfTheText) {
  auto scratch = WithSales();
  EXPECT_EQ(Text(scratch->Describe("SELECT Country AS c, sum(Quantity * UnitPrice), count(*) FROM sales GROUP BY ALL")),
            "c VARCHAR, sum((Quantity * UnitPrice)) DECIMAL(38,3), count_star() BIGINT");
}

TEST(ScratchTest, MistakesPointIntoTheText) {
  auto scratch = WithSales();
  EXPECT_EQ(scratch->Describe("SELECT Contry FROM sales").error().position, 7u);
  EXPECT_EQ(scratch->Describe("SELECT 'é', Contry FROM sales").error().position, 13u);
  EXPECT_EQ(scratch->Describe("SELECT 1 FROM sale").error().position, 14u);
  EXPECT_EQ(scratch->AddView("v", "SELECT Contry FROM sales").error().position, 7u);
  EXPECT_FALSE(scratch->Describe("SELECT 1; SELECT 2"));
}

TEST(ScratchTest, ParametersHaveTheirTypes) {
  auto scratch = WithSales();
  EXPECT_EQ(Text(scratch->Describe("SELECT $n AS n, Quantity + $n AS m FROM sales WHERE Country = $c LIMIT $n",
                                   {{"n", "BIGINT"}, {"c", "VARCHAR"}})),
            "n BIGINT, m BIGINT");
  EXPECT_EQ(Text(scratch->Describe("SELECT $x", {{"n", "BIGINT"}})), "error at 7: there is no parameter $x");
}

TEST(ScratchTest, ViewsReadViews) {
  auto scratch = WithSales();
  ASSERT_TRUE(scratch->AddView("a", "SELECT Quantity AS q FROM sales"));
  ASSERT_TRUE(scratch->AddView("b", "SELECT q + 1 AS r FROM a"));
  EXPECT_EQ(Text(scratch->Describe("FROM b")), "r BIGINT");
}

TEST(ScratchTest, TheRecordIsThereForCollectionsOnly) {
  auto scratch = WithSales();
  EXPECT_FALSE(scratch->Describe("SELECT _record FROM sales"));
  EXPECT_EQ(Text(scratch->DescribeOverBatch("SELECT Country AS key, _record AS document FROM sales", "sales")),
            "key VARCHAR, document JSON");
  EXPECT_EQ(Text(scratch->DescribeOverBatch("SELECT sales.Country AS key FROM main.sales", "sales")), "key VARCHAR");
}

TEST(ScratchTest, FilesAreNotRead) {
  auto scratch = WithSales();
  for (const char* sql : {"FROM '/etc/passwd'", "FROM read_text('/etc/passwd')", "FROM read_csv('/etc/passwd')"})
    EXPECT_FALSE(scratch->Describe(sql)) << sql;
}

TEST(ScratchTest, RelationsOfOneQuestionAreForgotten) {
  auto scratch = WithSales();
  EXPECT_EQ(Text(scratch->DescribeWith({{"t#rows", {{"i", "BIGINT"}, {"n", "\"NULL\""}}}}, "SELECT * FROM \"t#rows\"")),
            "i BIGINT, n INTEGER");
  EXPECT_FALSE(scratch->Describe("SELECT * FROM \"t#rows\""));
}

}  // namespace
}  // namespace tailrace::sql
