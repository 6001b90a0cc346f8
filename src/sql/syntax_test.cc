#include "sql/syntax.h"

#include <gtest/gtest.h>

#include "sql/duckdb.h"

namespace tailrace::sql {
namespace {

Select Parsed(std::string_view sql) {
  auto select = Select::Parse(sql);
  EXPECT_TRUE(select) << sql << ": " << select.error().message;
  return *select;
}

SqlError ErrorFor(std::string_view sql) {
  auto select = Select::Parse(sql);
  EXPECT_FALSE(select) << sql;
  return select ? SqlError{} : select.error();
}

std::string Names(std::string_view sql) {
  std::string names;
  for (const RelationRef& relation : Parsed(sql).Relations()) names += (names.empty() ? "" : " ") + relation.name;
  return names;
}

// What a SELECT answers, row after row.
std::string Answer(const std::string& sql, std::string_view setup = "SELECT 1") {
  DatabaseOptions options;
  options.path = ":memory:";
  auto database = *Database::Open(options);
  auto connection = *database->Connect();
  EXPECT_TRUE(connection->Execute(setup));
  auto answer = connection->Query(sql);
  if (!answer) return answer.error().message();
  std::string text;
  for (const auto& row : answer->rows)
    for (const auto& value : row) text += value.value_or("null") + ";";
  return text;
}

std::string Inlined(std::string_view sql, const std::map<std::string, std::string>& views,
                    std::string_view setup = "SELECT 1") {
  auto select = Parsed(sql).WithViewsInlined(views);
  if (!select) return "error: " + select.error().message;
  return Answer(*select->Text(), setup);
}

TEST(SyntaxTest, ATextThatIsNoUtf8IsRefusedNotTakenForTheOneBefore) {
  for (const char* text : {"SELECT '\xFF'", "FROM sniff_csv('secret.csv')\xFF\xFFw", "SELECT 1 AS \"\xED\xA0\x80\"", "\x80"}) {
    ASSERT_TRUE(Select::Parse("SELECT 1").has_value());
    const auto parsed = Select::Parse(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().message, "the SQL is not UTF-8");
  }
  EXPECT_TRUE(Select::Parse("SELECT 'é'").has_value());
}

TEST(SyntaxTest, OnlyOneSelectIsTaken) {
  for (const char* sql : {"DELETE FROM t", "SELECT 1; SELECT 2", "COPY t TO 'x'", "SET threads = 1", "", "-- nothing",
                          ";", "EXPLAIN SELECT 1", "PRAGMA version", "CREATE TABLE t (i INT)", "ATTACH 'x'",
                          "WITH x AS (DELETE FROM t RETURNING *) FROM x"})
    EXPECT_FALSE(Select::Parse(sql)) << sql;
  EXPECT_TRUE(Select::Parse("SELECT 1;"));
  EXPECT_TRUE(Select::Parse("FROM t"));
}

TEST(SyntaxTest, ErrorsPointIntoTheText) {
  EXPECT_EQ(ErrorFor("SELECT a FROM t WHERE AND").position, 22u);
  EXPECT_EQ(ErrorFor("SELEC 1").position, 0u);
  EXPECT_EQ(ErrorFor("SELECT 'é', a FROM FROM t").position, 20u);  // bytes, not characters
}

TEST(SyntaxTest, HugeAndDeepTextsAreRefused) {
  EXPECT_NE(ErrorFor("SELECT '" + std::string(300 << 10, 'x') + "'").message.find("bytes"), std::string::npos);
  std::string deep = "1";
  for (int i = 0; i < 900; ++i) deep = "abs(" + deep + ")";
  EXPECT_FALSE(Select::Parse("SELECT " + deep));
  std::string unions = "SELECT 1";
  for (int i = 0; i < 9000; ++i) unions += " UNION ALL SELECT 1";
  auto chain = Select::Parse(unions);
  EXPECT_TRUE(!chain || chain->Relations().empty());
  EXPECT_FALSE(Select::Parse("SELECT " + std::string(100000, '(')));
  EXPECT_FALSE(Select::Parse(std::string_view("SELECT 1\0; DROP TABLE t", 23)));
}

TEST(SyntaxTest, RelationsAreFoundEverywhereOnceInOrder) {
  EXPECT_EQ(Names("SELECT * FROM a JOIN b USING (k), (SELECT * FROM c) x, LATERAL (SELECT * FROM A) y"), "a b c");
  EXPECT_EQ(Names("SELECT (SELECT 1 FROM a), x IN (FROM b) FROM c WHERE EXISTS (FROM d) GROUP BY (SELECT 1 FROM e) "
                  "HAVING (FROM f) ORDER BY (FROM g) LIMIT (FROM h)"),
            "a b c d e f g h");
  EXPECT_EQ(
      Names(
          "SELECT sum(x) FILTER ((FROM a)), sum(y) OVER (ORDER BY (FROM b)), list_transform(l, i -> (FROM c)) FROM d"),
      "a b c d");
  EXPECT_EQ(Names("SELECT 1 FROM a UNION SELECT 1 FROM b EXCEPT FROM c"), "a b c");
  EXPECT_EQ(Names("FROM main.a, jobs.b, x.y.c"), "a jobs.b x.y.c");
  EXPECT_EQ(Names("FROM a PIVOT (sum(v) FOR k IN ('x', 'y'))"), "a");
  EXPECT_EQ(Parsed("SELECT 1 FROM abc").Relations()[0].position, 14u);
}

TEST(SyntaxTest, NamesOfCtesAreNotRelationsWhereTheyAreInScope) {
  EXPECT_EQ(Names("WITH x AS (FROM a), y AS (FROM x) FROM y, X"), "a");
  EXPECT_EQ(Names("WITH a AS (FROM a) FROM a"), "a");
  EXPECT_EQ(Names("WITH a AS (FROM b), b AS (SELECT 1) FROM a"), "b");
  EXPECT_EQ(Names("SELECT (WITH z AS (SELECT 1) FROM z), (FROM z)"), "z");
  EXPECT_EQ(Names("WITH RECURSIVE t AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM t) FROM t"), "");
  EXPECT_EQ(Names("WITH RECURSIVE t AS (FROM t UNION ALL SELECT 1 FROM t) FROM t"), "t");
  EXPECT_EQ(Names("WITH RECURSIVE t AS (FROM t) FROM t"), "t");
  EXPECT_EQ(Names("WITH x AS (SELECT 1) FROM main.x"), "x");
}

TEST(SyntaxTest, ViewsAreInlinedAtAnyDepth) {
  const std::map<std::string, std::string> views = {{"big", "SELECT * FROM t WHERE i > 1"},
                                                    {"bigger", "SELECT i + 10 AS j FROM Big"}};
  EXPECT_EQ(Inlined("SELECT big.i FROM big ORDER BY 1", views, "CREATE TABLE t AS SELECT range AS i FROM range(4)"),
            "2;3;");
  EXPECT_EQ(Inlined("SELECT x.j FROM (SELECT * FROM bigger x) x ORDER BY 1", views,
                    "CREATE TABLE t AS SELECT range AS i FROM range(4)"),
            "12;13;");
  EXPECT_EQ(Inlined("FROM bigger AS b(k) ORDER BY k", views, "CREATE TABLE t AS SELECT range AS i FROM range(4)"),
            "12;13;");
}

TEST(SyntaxTest, InlinedViewsDoNotSeeTheCtesAroundThem) {
  EXPECT_EQ(Inlined("WITH t AS (SELECT 7 AS i) SELECT v.i, t.i FROM v, t", {{"v", "SELECT i FROM t"}},
                    "CREATE TABLE t AS SELECT 1 AS i"),
            "1;7;");
}

TEST(SyntaxTest, ViewsWithCtesOfTheirOwnAreInlined) {
  EXPECT_EQ(Inlined("FROM v", {{"v", "WITH x AS (SELECT 3 AS i) SELECT i FROM x"}}), "3;");
}

TEST(SyntaxTest, ViewsThatReadThemselvesAreRefused) {
  EXPECT_NE(Inlined("FROM a", {{"a", "FROM b"}, {"b", "FROM a"}}).find("reads itself"), std::string::npos);
}

TEST(SyntaxTest, NowIsTheGivenTime) {
  constexpr int64_t kMicros = 1488520740123456;  // 2017-03-03T05:59:00.123456Z
  auto answer = [](std::string_view sql) { return Answer(*Parsed(sql).WithNow(kMicros)->Text()); };
  EXPECT_EQ(answer("SELECT now()::VARCHAR, current_timestamp::VARCHAR, get_current_timestamp()::VARCHAR"),
            "2017-03-03 05:59:00.123456+00;2017-03-03 05:59:00.123456+00;2017-03-03 05:59:00.123456+00;");
  EXPECT_EQ(answer("SELECT today(), current_date, localtimestamp, localtime"),
            "2017-03-03;2017-03-03;2017-03-03 05:59:00.123456;05:59:00.123456;");
  EXPECT_EQ(
      answer(
          "SELECT (SELECT max(NOW()) - INTERVAL 1 DAY FROM range(3) WHERE now() > '2017-01-01'::TIMESTAMPTZ)::VARCHAR"),
      "2017-03-02 05:59:00.123456+00;");
  EXPECT_EQ(answer("SELECT age(TIMESTAMP '2017-03-01 00:00:00'), ago(INTERVAL 1 HOUR)::VARCHAR"),
            "2 days;2017-03-03 04:59:00.123456+00;");
  EXPECT_EQ(answer("SELECT typeof(current_time), typeof(now())"), "TIME WITH TIME ZONE;TIMESTAMP WITH TIME ZONE;");
}

TEST(SyntaxTest, TimesBefore1970AreTold) {
  EXPECT_EQ(Answer(*Parsed("SELECT localtimestamp").WithNow(-1)->Text()), "1969-12-31 23:59:59.999999;");
}

TEST(SyntaxTest, NowKeepsItsName) {
  EXPECT_NE(Parsed("SELECT now() AS t").WithNow(0)->Text()->find("AS t"), std::string::npos);
}

TEST(SyntaxTest, ParametersSurvive) {
  EXPECT_NE(Parsed("SELECT i FROM t WHERE i = $year").Text()->find("$year"), std::string::npos);
}

}  // namespace
}  // namespace tailrace::sql
