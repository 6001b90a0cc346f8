#include "sql/job_statement.h"

#include <gtest/gtest.h>

namespace tailrace::sql {
namespace {

std::string Rewritten(std::string_view sql) {
  const auto parsed = JobStatement::Parse(sql);
  if (!parsed) return "error: " + parsed.error().message;
  return parsed->Text(parsed->select() ? parsed->select()->Text().value_or("error") : "");
}

TEST(JobStatement, WritesToItsOwnSchemaHoweverItIsWritten) {
  EXPECT_EQ(Rewritten("create or replace table monthly as select 1 AS a"), "CREATE OR REPLACE TABLE jobs.\"monthly\" AS SELECT 1 AS a");
  EXPECT_EQ(Rewritten("-- every day\nCREATE /* new */ TABLE IF NOT EXISTS Jobs.\"a \"\"b\" AS FROM range(3);"),
            "CREATE TABLE IF NOT EXISTS jobs.\"a \"\"b\" AS SELECT * FROM \"range\"(3)");
  EXPECT_EQ(Rewritten("INSERT INTO t (a, \"b c\") SELECT 1, 2"), "INSERT INTO jobs.\"t\" (\"a\", \"b c\") SELECT 1, 2");
  EXPECT_EQ(Rewritten("insert into jobs.t by name select 1 as a"), "INSERT INTO jobs.\"t\" BY NAME SELECT 1 AS a");
  EXPECT_EQ(Rewritten("DELETE FROM t"), "DELETE FROM jobs.\"t\" WHERE rowid IN (SELECT rowid FROM jobs.t)");
  EXPECT_EQ(Rewritten("DELETE FROM t WHERE a > $from;"), "DELETE FROM jobs.\"t\" WHERE rowid IN (SELECT rowid FROM jobs.t WHERE (a > $from))");
  EXPECT_EQ(Rewritten("DROP TABLE IF EXISTS t;"), "DROP TABLE IF EXISTS jobs.\"t\"");
}

TEST(JobStatement, RefusesEverythingElse) {
  for (const auto* sql : {"", "SELECT 1", "CREATE VIEW v AS SELECT 1", "CREATE TABLE t (a INT)", "INSERT INTO main.t SELECT 1",
                          "CREATE TABLE jobs.a.b AS SELECT 1", "CREATE TABLE \"\" AS SELECT 1", "UPDATE t SET a = 1", "DROP TABLE t; DROP TABLE u",
                          "CREATE TABLE t AS SELECT 1; DROP TABLE u", "DELETE FROM t USING u", "DELETE FROM t WHERE a RETURNING a",
                          "INSERT INTO t SELECT 1 RETURNING a", "CREATE TABLE t AS COPY x TO 'y'", "INSERT INTO t (a SELECT 1", "ATTACH 'x'",
                          "CREATE TABLE t AS SELECT 1; SELECT 2", "INSERT INTO t DEFAULT VALUES", "DELETE FROM t WHERE a; DELETE FROM u"}) {
    EXPECT_EQ(Rewritten(sql).substr(0, 5), "error") << sql << ": " << Rewritten(sql);
  }
}

TEST(JobStatement, FaultsHaveTheirPlaceInTheWholeText) {
  const auto parsed = JobStatement::Parse("CREATE TABLE t AS SELECT FROM WHERE");
  ASSERT_FALSE(parsed);
  EXPECT_GE(parsed.error().position.value_or(0), 18U);
}

TEST(Parameters, StandForTheirValues) {
  const auto select = Select::Parse("SELECT a FROM t WHERE a > $from AND b < $DUE").value();
  const auto filled = select.WithParameters({{"from", "TIMESTAMP '2017-03-03 06:00:00'"}, {"due", "1"}});
  ASSERT_TRUE(filled);
  EXPECT_EQ(filled->Text().value(), "SELECT a FROM t WHERE ((a > CAST('2017-03-03 06:00:00' AS TIMESTAMP)) AND (b < 1))");
  EXPECT_FALSE(select.WithParameters({{"from", "1"}}));
}

}  // namespace
}  // namespace tailrace::sql
