#include "sql/rollup.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace tailrace::sql {
namespace {

using Values = std::map<std::string, std::string>;  // parameters as expressions

constexpr std::string_view kRows =
    "CREATE TABLE sales AS SELECT i AS id, CASE WHEN hash(i) % 11 = 0 THEN NULL ELSE 'c' || (hash(i) % 5) END AS country, "
    "TIMESTAMP '2011-01-30' + INTERVAL 1 MINUTE * (hash(i + 1) % 20000) AS sold, (hash(i + 2) % 9)::BIGINT - 3 AS quantity, "
    "((hash(i + 3) % 500)::DECIMAL(10,2) / 100)::DECIMAL(10,2) AS price, CASE WHEN hash(i + 4) % 3 > 0 THEN (hash(i + 4) % 100) / 7.0::DOUBLE END AS weight "
    "FROM range(2000) AS t(i)";

class RollupTest : public ::testing::Test {
 protected:
  RollupTest() {
    DatabaseOptions options;
    options.path = ":memory:";
    database_ = std::move(*Database::Open(options));
    connection_ = std::move(*database_->Connect());
    EXPECT_TRUE(connection_->Execute(kRows));
    EXPECT_TRUE(connection_->Execute("CREATE VIEW lately AS SELECT * FROM sales WHERE sold >= TIMESTAMP '2011-02-03'"));
  }

  Result<std::optional<RollupPlan>> Plan(const std::string& sql, const Values& fixed = {}) {
    const auto select = Select::Parse(sql);
    EXPECT_TRUE(select) << sql << ": " << select.error().message;
    RollupRequest request;
    request.select = &*select;
    request.date_parameters = {"since", "until"};
    for (const auto& [name, value] : fixed) request.fixed_parameters.insert(name);
    request.relation = "groups";
    request.columns = [this](const std::string& text) -> Result<std::vector<ResultColumn>> {
      TR_TRY(const TextResult result, connection_->Query("SELECT * FROM (" + text + ") LIMIT 0"));
      return result.columns;
    };
    return PlanRollup(request);
  }

  bool CanPlan(const std::string& sql) {
    const auto plan = Plan(sql);
    return plan && plan->has_value();
  }

  std::string Answer(const std::string& sql, const Values& values) {
    const auto fixed = Select::Parse(sql)->WithParameters(values);
    EXPECT_TRUE(fixed) << sql;
    const auto result = connection_->Query(*fixed->Text());
    EXPECT_TRUE(result) << *fixed->Text() << ": " << result.error().message();
    std::string text;
    for (const ResultColumn& column : result->columns) text += column.name + " " + column.type + ";";
    for (const auto& row : result->rows) {
      text += "\n";
      for (const auto& value : row) text += value.value_or("null") + ";";
    }
    return text;
  }

  // The questions have the values of `fixed`.
  void ExpectSame(const std::string& sql, const std::vector<Values>& questions, const Values& fixed = {}) {
    const auto plan = Plan(sql, fixed);
    ASSERT_TRUE(plan) << sql << ": " << plan.error().message();
    ASSERT_TRUE(plan->has_value()) << "no groups for " << sql;
    ASSERT_TRUE(connection_->Execute("DROP TABLE IF EXISTS groups"));
    const auto groups = Select::Parse((*plan)->groups_sql)->WithParameters(fixed);
    ASSERT_TRUE(groups) << (*plan)->groups_sql;
    const Status made = connection_->Execute("CREATE TABLE groups AS " + *groups->Text());
    ASSERT_TRUE(made) << (*plan)->groups_sql << ": " << made.error().message();
    for (const Values& values : questions) EXPECT_EQ(Answer((*plan)->answer_sql, values), Answer(sql, values)) << sql << "\n" << (*plan)->answer_sql;
  }

  std::unique_ptr<Database> database_;
  std::unique_ptr<Connection> connection_;
};

const std::vector<Values> kCountries = {{{"country", "NULL::VARCHAR"}}, {{"country", "'c1'"}}, {{"country", "'nowhere'"}}};
const std::vector<Values> kRanges = {{{"since", "DATE '2011-01-01'"}, {"until", "DATE '2011-12-31'"}},
                                     {{"since", "DATE '2011-02-02'"}, {"until", "DATE '2011-02-02'"}},
                                     {{"since", "DATE '2011-02-28'"}, {"until", "DATE '2011-01-31'"}}};

TEST_F(RollupTest, GroupsAnswerWhatRowsAnswerForEveryChoice) {
  for (const char* select :
       {"SELECT country, sum(quantity * price) AS revenue, count(*) AS n FROM sales WHERE country = $country OR $country IS NULL GROUP BY ALL ORDER BY ALL",
        "SELECT sum(quantity) AS items, count(weight) AS weighed, min(price) AS low, max(sold) AS last FROM sales WHERE country = coalesce($country, country)",
        "SELECT sold::DATE AS day, max(weight) AS heaviest FROM sales WHERE $country = country AND price > 2 GROUP BY day ORDER BY day DESC LIMIT 7",
        "SELECT upper(country) AS name, count(*) FILTER (WHERE price > 3) AS dear FROM sales WHERE country IS DISTINCT FROM $country GROUP BY 1 ORDER BY 2, 1",
        "SELECT country AS place, sum(price) AS total FROM lately WHERE country LIKE coalesce($country, '%') GROUP BY country HAVING count(*) > 5 ORDER BY total, 1",
        "SELECT s.country, count(*) AS n FROM sales s JOIN (SELECT 1 AS quantity) USING (quantity) WHERE s.country = $country OR $country IS NULL GROUP BY s.country ORDER BY n, 1",
        "SELECT * FROM (SELECT country, count(*) AS n FROM sales WHERE country <> $country GROUP BY ALL) AS tile ORDER BY n DESC, country LIMIT 3"}) {
    ExpectSame(select, kCountries);
  }
}

TEST_F(RollupTest, TimesAgainstDatesAreGroupedByDay) {
  for (const char* range : {"sold >= $since AND sold < $until + INTERVAL 1 DAY", "$since <= sold AND $until + INTERVAL 2 DAYS > sold",
                            "sold < $until AND NOT sold < $since - INTERVAL 1 WEEK", "sold::DATE BETWEEN $since AND $until"}) {
    ExpectSame(fmt::format("SELECT hour(sold) AS hour, count(*) AS n, sum(price) AS p FROM sales WHERE {} GROUP BY ALL ORDER BY 1", range), kRanges);
    const auto plan = Plan(fmt::format("SELECT count(*) AS n FROM sales WHERE {}", range));
    const auto estimate = connection_->Query((*plan)->estimate_sql);
    ASSERT_TRUE(estimate) << estimate.error().message();
    EXPECT_EQ(estimate->rows[0][0], "2000");
    EXPECT_LT(std::stoi(*estimate->rows[0][1]), 20) << range;
  }
}

TEST_F(RollupTest, TimesThatBeginNoDayAreGroupedAsTheyAre) {
  for (const char* range : {"sold <= $until AND sold >= $since", "sold >= $since AND sold > $until", "sold >= $since + INTERVAL 6 HOURS AND sold < $until"}) {
    ExpectSame(fmt::format("SELECT count(*) AS n, max(sold) AS last FROM sales WHERE {}", range), kRanges);
  }
}

TEST_F(RollupTest, ACastInTheListDoesNotHideTheColumnOfTheSameName) {
  const std::vector<Values> countries = kCountries;
  ExpectSame("SELECT sold::DATE AS sold, count(*) AS n FROM sales WHERE country = $country GROUP BY ALL ORDER BY sold", countries);
  // By the column: as many rows as there are times.
  ExpectSame("SELECT count(*) AS n, min(sold)::DATE AS sold FROM sales WHERE country = $country GROUP BY sold ORDER BY 2, 1", countries);
}

TEST_F(RollupTest, WhatGroupsCannotAnswerIsLeftToRows) {
  for (const char* select :
       {"SELECT country, count(*) AS n FROM sales GROUP BY ALL",                                           // nothing to choose
        "SELECT country, price FROM sales WHERE country = $country",                                       // rows
        "SELECT count(DISTINCT id) AS n FROM sales WHERE country = $country", "SELECT median(price) AS m FROM sales WHERE country = $country",
        "SELECT avg(price) AS a FROM sales WHERE country = $country", "SELECT count(*) FROM sales WHERE country = $country",
        "SELECT sum(price) * $country AS n FROM sales WHERE country = $country", "SELECT sum(price) FILTER (WHERE country = $country) AS n FROM sales",
        "SELECT count(*) AS n FROM (SELECT * FROM sales WHERE country = $country) WHERE price > $since", "SELECT max(random()) AS m FROM sales WHERE country = $country",
        "SELECT max(price) AS m FROM (SELECT random() AS price, country FROM sales) WHERE country = $country",
        "SELECT country, count(*) AS n FROM sales WHERE country = $country GROUP BY GROUPING SETS ((country), ())",
        "SELECT count(*) AS n FROM sales WHERE country = $country UNION ALL SELECT 1", "WITH s AS (FROM sales) SELECT count(*) AS n FROM s WHERE country = $country",
        "SELECT sum(count(*)) OVER () AS n FROM sales WHERE country = $country GROUP BY price",
        "SELECT count(*) AS n FROM sales WHERE price > (SELECT avg(price) FROM sales) AND country = $country",
        "SELECT string_agg(country, ',' ORDER BY id) AS l FROM sales WHERE country = $country"}) {
    EXPECT_FALSE(CanPlan(select)) << select;
  }
  EXPECT_TRUE(CanPlan("SELECT count(*) AS n FROM sales WHERE country = $country"));
}

TEST_F(RollupTest, FixedParametersChooseTheRowsThatAreGrouped) {
  const Values range = {{"since", "DATE '2011-02-02'"}, {"until", "DATE '2011-02-05'"}};
  std::vector<Values> questions = kCountries;
  for (Values& question : questions) question.insert(range.begin(), range.end());
  const std::string in_range = "(country = $country OR $country IS NULL) AND sold >= $since AND sold < $until + INTERVAL 1 DAY";
  ExpectSame("SELECT quantity, count(*) AS n, sum(price) AS p FROM sales WHERE " + in_range + " GROUP BY ALL ORDER BY 1", questions, range);
  const auto plan = Plan("SELECT count(*) AS n FROM sales WHERE " + in_range, range);
  ASSERT_TRUE(plan && *plan);
  EXPECT_EQ((*plan)->columns.size(), 2U);  // no day: the country and the count
  // One that stands with a free one is asked of groups.
  ExpectSame("SELECT count(*) AS n FROM sales WHERE country = $country OR sold >= $since", questions, range);
  EXPECT_FALSE(*Plan("SELECT count(*) AS n FROM sales WHERE sold >= $since AND sold < $until", range));
}

TEST_F(RollupTest, WhatAPlanNeedsOfAnothersGroupsIsFoundByItsExpressions) {
  const std::string where = " FROM sales WHERE (country = $country OR $country IS NULL) AND sold >= $since";
  const auto plan = [&](const std::string& select) { return **Plan(select); };
  const RollupPlan total = plan("SELECT sum(price) AS p" + where);
  const auto is_served = [&](const RollupPlan& other) {
    return other.rows == total.rows && std::all_of(other.columns.begin(), other.columns.end(), [&](const auto& column) { return total.columns.contains(column.first); });
  };
  EXPECT_TRUE(is_served(plan("SELECT country, count(*) AS n, sum(price) AS p" + where + " GROUP BY ALL")));
  EXPECT_TRUE(is_served(plan("SELECT CAST(sold AS DATE) AS day, sum(price) AS p" + where + " GROUP BY ALL")));
  EXPECT_FALSE(is_served(plan("SELECT sum(quantity) AS q" + where)));
  EXPECT_FALSE(is_served(plan("SELECT quantity, count(*) AS n" + where + " GROUP BY ALL")));
  EXPECT_FALSE(is_served(plan("SELECT sum(price) AS p" + where + " AND quantity > 2")));
  EXPECT_FALSE(is_served(plan("SELECT sum(price) AS p FROM lately WHERE country = $country AND sold >= $since")));
}

TEST_F(RollupTest, ASampleShowsThatThereAreTooManyGroups) {
  ASSERT_TRUE(connection_->Execute("CREATE TABLE many AS SELECT i AS id, 'c' || (i % 5) AS country FROM range(1000000) AS t(i)"));
  const auto groups_in_sample = [&](const std::string& select) {
    const auto answer = connection_->Query((**Plan(select)).sample_sql);
    EXPECT_TRUE(answer) << answer.error().message();
    return std::stoi(*answer->rows[0][1]);
  };
  EXPECT_LT(groups_in_sample("SELECT country, count(*) AS n FROM many WHERE country = $country GROUP BY ALL"), 10);
  const int many = groups_in_sample("SELECT id, count(*) AS n FROM many WHERE country = $country GROUP BY ALL");
  EXPECT_GT(many, 10'000);
  EXPECT_LT(many, 500'000);
}

TEST_F(RollupTest, SumsAreNamedSoThatTheirTypesCanBeLookedAt) {
  const auto plan = Plan("SELECT sum(weight) AS w, count(*) AS n, sum(price) AS p FROM sales WHERE country = $country");
  ASSERT_TRUE(plan && *plan);
  EXPECT_EQ((*plan)->sums, (std::vector<std::string>{"#value0", "#value2"}));
}

}  // namespace
}  // namespace tailrace::sql
