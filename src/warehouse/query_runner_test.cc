// Queries against a warehouse: what they answer, as of when, and what they may not read.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "warehouse/testing/shop_fixture.h"

namespace tailrace::warehouse {
namespace {

class QueryTest : public ShopTest {};

TEST_F(QueryTest, AnswersSayWhichPositionsTheyHold) {
  Open();
  Keep({{"a"}});
  auto batch = Batch({{"b"}});
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue"})));
  Ask("SELECT * FROM best");
  ASSERT_EQ(summary_.as_of.size(), 1U);
  EXPECT_EQ(summary_.as_of[0].stream, "sales");
  EXPECT_EQ(summary_.as_of[0].positions, Positions{Offset{2}});
  Ask("SELECT * FROM best, SALES");
  EXPECT_EQ(summary_.as_of[0].positions, Positions{Offset{1}});
  Ask("SELECT 1");
  EXPECT_TRUE(summary_.as_of.empty());
}

TEST_F(QueryTest, AnswersOfAReaderAreOfOneMoment) {
  Open();
  std::atomic<int> wrong = 0;
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      QueryRequest request;
      request.sql = "SELECT (SELECT coalesce(sum(lines), 0) FROM revenue), (SELECT count(*) FROM lines)";
      request.trusted = true;
      Answer answer;
      auto summary = warehouse_->Query(request, answer, {});
      const std::string expected =
          summary && !summary->as_of.empty() ? std::to_string(summary->as_of[0].positions[0].value) : "0";
      if (!summary || answer.text != expected + "," + expected) ++wrong;
    }
  });
  for (int i = 0; i < 60; ++i) {
    Keep(std::vector<Sale>(20, Sale{std::to_string(i)}));
    ASSERT_TRUE(warehouse_->Maintain(i % 7 == 0));
  }
  reader = {};
  EXPECT_EQ(wrong, 0);
}

TEST_F(QueryTest, LimitsOnRowsAreKeptAndTold) {
  Open();
  Keep({{"a"}, {"b"}, {"c"}});
  QueryRequest request;
  request.sql = "SELECT product FROM sales ORDER BY product";
  request.rows_max = 2;
  EXPECT_EQ(Ask(request), R"("a"; "b")");
  EXPECT_TRUE(summary_.truncated);
  request.rows_max = 3;
  Ask(request);
  EXPECT_FALSE(summary_.truncated);
  Answer one;
  one.rows_wanted = 1;
  ASSERT_TRUE(warehouse_->Query(request, one, {}));
  EXPECT_EQ(one.rows, 1U);
  Answer none;
  none.stop_at_begin = true;
  EXPECT_EQ(warehouse_->Query(request, none, {})->rows, 0U);
}

TEST_F(QueryTest, ParametersAndErrorsOfQueries) {
  Open();
  Keep({{"a", "1", 1500}, {"b", "1", 2500}});
  QueryRequest request;
  request.sql = "SELECT product FROM revenue WHERE amount > $least";
  QueryParameter least;
  least.name = "least";
  least.type.kind = TypeKind::kDecimal;
  least.type.width = 12;
  least.type.scale = 3;
  least.value = "1.5";
  request.parameters = {least};
  EXPECT_EQ(Ask(request), R"("b")");
  request.parameters[0].value = "many";
  EXPECT_EQ(Ask(request), "error: invalid");
  EXPECT_EQ(Ask("SELECT 'x'::INTEGER + lines FROM revenue"), "error: invalid");
  EXPECT_EQ(Ask("SELECT * FROM revenue; SELECT 1"), "error: invalid");
  EXPECT_EQ(Ask("SELECT 1"), "1");
}

TEST_F(QueryTest, UntrustedSqlPassesTheGateAndTrustedDoesNot) {
  Open();
  Keep({{"a"}});
  QueryRequest request;
  for (const char* allowed : {"SELECT count(*) FROM Revenue", "WITH r AS (FROM sales) SELECT count(*) FROM r",
                              "SELECT count(*) FROM range(3)"}) {
    request.sql = allowed;
    EXPECT_FALSE(Ask(request).starts_with("error")) << allowed;
  }
  for (const char* refused :
       {"SELECT * FROM _tailrace.materializations", "SELECT * FROM duckdb_tables()", "SELECT * FROM 'x.parquet'",
        "SELECT * FROM read_text('/etc/passwd')", "DROP VIEW revenue", "SET threads = 1"}) {
    request.sql = refused;
    EXPECT_EQ(Ask(request), "error: invalid") << refused;
  }
}

TEST_F(QueryTest, AReaderOfSomeRelationsReadsNoOthersByAnyWay) {
  Open();
  Keep({{"b"}});
  QueryRequest request;
  const auto ask = [&](const std::string& sql) {
    request.sql = sql;
    return Ask(request);
  };
  request.readable = {"best"};
  EXPECT_EQ(ask("FROM best"), R"("b")");
  EXPECT_EQ(ask("FROM main.BEST"), R"("b")");
  EXPECT_EQ(ask("WITH sales AS (SELECT 7 AS n) SELECT n FROM sales"), "7");
  for (const char* sql :
       {"FROM sales", "FROM SaLeS", "FROM main.sales", "FROM \"sales\"", "SELECT * FROM best, revenue", "SELECT (SELECT max(lines) FROM revenue)",
        "SELECT 1 WHERE EXISTS (FROM lines)", "WITH x AS (FROM sales) FROM x", "WITH sales AS (FROM sales) FROM sales",
        "SELECT 1 UNION ALL SELECT 1 FROM lines", "SELECT * FROM best JOIN sales ON true", "FROM (FROM (FROM revenue))", "FROM nothing",
        "SELECT unnest((SELECT list(product) FROM lines))", "PIVOT sales ON product USING count(*)", "FROM _tailrace.materializations",
        "FROM information_schema.tables", "SELECT * FROM best WHERE 1 IN (SELECT 1 FROM sales)", "FROM query('FROM sales')",
        "FROM query_table('sales')", "SELECT * FROM best ORDER BY (SELECT max(product) FROM sales)"}) {
    const std::string answer = ask(sql);
    EXPECT_TRUE(answer == "error: not_found" || answer == "error: invalid") << sql << " answered " << answer;
  }
  request.readable = std::set<std::string>();
  EXPECT_EQ(ask("SELECT 1"), "1");
  EXPECT_EQ(ask("FROM best"), "error: not_found");
}

TEST_F(QueryTest, TheClockOfTheRequestCountsAlsoInsideViews) {
  Open();
  Keep({{"a"}});
  QueryRequest request;
  request.sql = "SELECT t::TIMESTAMP = now()::TIMESTAMP, year(now()) FROM clock";
  request.trusted = true;
  request.now_micros = 1'000'000'000'000'000;
  EXPECT_EQ(Ask(request), "true,2001");
}

TEST_F(QueryTest, StoppedQueryIsCancelledAndOthersGoOn) {
  Open();
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  QueryRequest request;
  request.sql = "SELECT count(*) FROM range(100000000000)";
  request.trusted = true;
  Answer answer;
  auto summary = warehouse_->Query(request, answer, source.get_token());
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Ask("SELECT 1"), "1");
}

}  // namespace
}  // namespace tailrace::warehouse
