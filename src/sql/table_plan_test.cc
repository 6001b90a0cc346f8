#include "sql/table_plan.h"

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
  Type time;
  time.kind = TypeKind::kTimestamp;
  Type items;
  items.kind = TypeKind::kList;
  items.fields = {{"element", number}};
  Type size;
  size.kind = TypeKind::kDouble;
  schema.fields = {{"Country", text},     {"Quantity", number}, {"UnitPrice", money},
                   {"InvoiceDate", time}, {"items", items},     {"size", size}};
  return schema;
}

class TablePlanTest : public testing::Test {
 protected:
  TablePlanTest() : scratch_(std::move(*Scratch::Open())) {
    EXPECT_TRUE(scratch_->AddStream("sales", SalesSchema()));
    EXPECT_TRUE(scratch_->AddStream("rates", SalesSchema()));
  }

  SqlResult<IncrementalPlan> Plan(std::string_view sql, const std::vector<std::string>& unique = {}) {
    return PlanTable({"revenue", std::string(sql), "sales", "sales batch", unique}, *scratch_);
  }

  IncrementalPlan Planned(std::string_view sql, const std::vector<std::string>& unique = {}) {
    auto plan = Plan(sql, unique);
    EXPECT_TRUE(plan) << sql << ": " << plan.error().message;
    return plan ? *plan : IncrementalPlan{};
  }

  std::string Refused(std::string_view sql, const std::vector<std::string>& unique = {}) {
    auto plan = Plan(sql, unique);
    return plan ? "" : plan.error().message;
  }

  std::unique_ptr<Scratch> scratch_;
};

std::string Text(const std::vector<ResultColumn>& columns) {
  std::string text;
  for (const ResultColumn& column : columns) text += (text.empty() ? "" : ", ") + column.name + " " + column.type;
  return text;
}

TEST_F(TablePlanTest, ABatchIsOnePlainGroupBy) {
  const IncrementalPlan plan = Planned(
      "SELECT date_trunc('hour', InvoiceDate) AS hour, Country, sum(Quantity * UnitPrice) AS revenue, count(*) AS "
      "lines FROM sales GROUP BY ALL");
  EXPECT_EQ(Text(plan.columns), "hour TIMESTAMP, Country VARCHAR, revenue DECIMAL(38,3), lines BIGINT");
  ASSERT_EQ(plan.partials.size(), 1u);
  const Partial& partial = plan.partials[0];
  EXPECT_EQ(partial.physical_name, "revenue#groups");
  EXPECT_EQ(Text(partial.columns), "k0 TIMESTAMP, k1 VARCHAR, s0_0 DECIMAL(38,3), s1_0 BIGINT");
  for (const char* slow : {"ORDER BY", "OVER", "JOIN", "DISTINCT"})
    EXPECT_EQ(partial.select_sql.find(slow), std::string::npos) << partial.select_sql;
  EXPECT_NE(partial.select_sql.find("\"sales batch\""), std::string::npos);
  EXPECT_EQ(plan.view_sql.find("sales batch"), std::string::npos);
}

TEST_F(TablePlanTest, RowsKeepTheirPlaceOutOfSight) {
  const IncrementalPlan plan = Planned("SELECT *, Quantity * UnitPrice AS amount FROM sales WHERE Quantity > 0");
  EXPECT_EQ(Text(plan.columns),
            "Country VARCHAR, Quantity BIGINT, UnitPrice DECIMAL(12,3), InvoiceDate TIMESTAMP, items BIGINT[], size "
            "DOUBLE, _partition INTEGER, _offset BIGINT,"
            " _seq BIGINT, _ingested_at TIMESTAMP, amount DECIMAL(31,3)");
  ASSERT_EQ(plan.partials.size(), 1u);
  EXPECT_EQ(plan.partials[0].physical_name, "revenue#rows");
  EXPECT_EQ(plan.partials[0].columns.back().name, "#seq");
  EXPECT_EQ(plan.partials[0].compact_sql, "");
}

TEST_F(TablePlanTest, UniqueFoldsToTheLastRow) {
  const IncrementalPlan plan = Planned("SELECT Country, Quantity FROM sales", {"country"});
  EXPECT_NE(plan.partials[0].compact_sql, "");
  EXPECT_NE(Refused("SELECT Country FROM sales", {"Contry"}).find("Contry"), std::string::npos);
  EXPECT_NE(Refused("SELECT Country, count(*) FROM sales GROUP BY 1", {"Country"}).find("unique"), std::string::npos);
}

TEST_F(TablePlanTest, ValuesOfOneExpressionAreKeptOnce) {
  const IncrementalPlan plan = Planned(
      "SELECT Country, median(Quantity), count(DISTINCT Quantity), mode(Quantity), quantile_cont(Quantity, 0.9) FROM "
      "sales GROUP BY ALL");
  EXPECT_EQ(plan.partials.size(), 2u);
}

TEST_F(TablePlanTest, WhatCannotBeKeptIsRefusedWithTheWayOut) {
  for (const char* sql : {
           "SELECT DISTINCT Country FROM sales",
           "SELECT Country, sum(Quantity) OVER () FROM sales",
           "SELECT Country, sum(sum(Quantity)) OVER () FROM sales GROUP BY 1",
           "SELECT Country FROM sales ORDER BY 1",
           "SELECT Country FROM sales LIMIT 3",
           "SELECT Country FROM sales UNION SELECT Country FROM sales",
           "SELECT Country FROM sales WHERE Quantity > (SELECT max(Quantity) FROM sales)",
           "SELECT Country FROM sales WHERE Country IN (SELECT 'x')",
           "SELECT Country FROM sales QUALIFY row_number() OVER () = 1",
           "SELECT * FROM sales a JOIN sales b USING (Country)",
           "SELECT * FROM sales JOIN rates USING (Country)",
           "SELECT * FROM rates",
           "SELECT now() AS t FROM sales",
           "SELECT current_date AS t FROM sales",
           "SELECT age(InvoiceDate) FROM sales",
           "SELECT random() AS r FROM sales",
           "SELECT uuid() AS r FROM sales",
           "SELECT getenv('HOME') AS r FROM sales",
           "SELECT Country, count(*) FROM sales GROUP BY ROLLUP (Country)",
           "SELECT Country, corr(Quantity, UnitPrice) FROM sales GROUP BY 1",
           "SELECT Country, max(Quantity, 3) FROM sales GROUP BY 1",
           "SELECT Country, arg_max(Quantity, UnitPrice, 3) FROM sales GROUP BY 1",
           "SELECT Country, geomean(Quantity) FROM sales GROUP BY 1",
           "SELECT Country, avg(InvoiceDate) FROM sales GROUP BY 1",
           "SELECT string_agg(Country, Country) FROM sales",
           "SELECT max(COLUMNS(*)) FROM sales",
           "SELECT s FROM (SELECT Country, sum(Quantity) AS s FROM sales GROUP BY 1)",
           "SELECT Country FROM (SELECT DISTINCT Country FROM sales)",
           "SELECT Country FROM (SELECT Country FROM sales LIMIT 5)",
           "SELECT Country FROM sales TABLESAMPLE 10%",
           "SELECT 1 AS a",
           "SELECT * FROM range(10)",
           "SELECT * FROM sales, range(Quantity)",
           "SELECT * FROM read_csv('x.csv')",
           "SELECT last(x) FROM sales, LATERAL (SELECT unnest(items) AS x)",
           "SELECT Country, Country FROM sales",
           "WITH RECURSIVE t AS (SELECT Quantity FROM sales UNION ALL SELECT 1 FROM t) SELECT * FROM t",
           "SELECT $x AS x FROM sales",
       })
    EXPECT_NE(Refused(sql), "") << sql;
  EXPECT_NE(Refused("SELECT corr(Quantity, UnitPrice) FROM sales").find("view"), std::string::npos);
  EXPECT_NE(Refused("SELECT now() FROM sales").find("_ingested_at"), std::string::npos);
}

TEST_F(TablePlanTest, MistakesHaveTheirPlace) {
  EXPECT_EQ(Plan("SELECT Contry FROM sales").error().position, 7u);
  EXPECT_EQ(Plan("SELECT 1 AS x, random() FROM sales").error().position, 15u);
  EXPECT_EQ(Plan("SELECT Country, corr(Quantity, UnitPrice) FROM sales GROUP BY 1").error().position, 16u);
  EXPECT_EQ(Plan("SELECT * FROM sales JOIN rates USING (Country)").error().position, 25u);
}

TEST_F(TablePlanTest, TheRecordIsThere) {
  EXPECT_EQ(Text(Planned("SELECT _record, _record->>'x' AS x FROM sales").columns), "_record JSON, x VARCHAR");
  EXPECT_EQ(Text(Planned("SELECT max(_record->>'x') AS x FROM sales").columns), "x VARCHAR");
}

// Columns and relations with names that the rewrite uses, and names that need quotes.
TEST_F(TablePlanTest, NamesDoNotCollide) {
  for (const char* sql :
       {"SELECT Country AS m0, sum(Quantity) AS k0, count(*) AS \"a b\"\"c\" FROM sales AS g GROUP BY ALL",
        "WITH k0 AS (SELECT Country AS s0_0, Quantity AS a0 FROM sales) SELECT s0_0, sum(a0) AS v, median(a0) AS n "
        "FROM k0 GROUP BY ALL",
        "SELECT Country AS \"select\", last(Quantity) AS \"#seq\" FROM sales GROUP BY 1"})
    EXPECT_EQ(Refused(sql), "") << sql;
}

}  // namespace
}  // namespace tailrace::sql
