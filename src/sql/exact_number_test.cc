#include "sql/exact_number.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "sql/duckdb.h"

namespace tailrace::sql {
namespace {

__extension__ using Int128 = __int128;

double SumOf(const std::vector<double>& values) {
  ExactNumber number;
  for (double value : values) number.Add(value);
  return number.Canonical().ToDouble();
}

ExactMoments MomentsOf(const std::vector<double>& values) {
  ExactMoments moments;
  for (double value : values) moments.Add(value, true);
  return moments;
}

// Finite doubles of all sizes, by their bits.
double AnyDouble(std::mt19937_64& random) {
  for (;;) {
    const double value = std::bit_cast<double>(random());
    if (std::isfinite(value)) return value;
  }
}

TEST(ExactNumberTest, OneDoubleIsItself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const double value = AnyDouble(random);
    EXPECT_EQ(SumOf({value}), value);
    EXPECT_EQ(SumOf({value, value, -value}), value);
  }
  for (double value :
       {0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308})
    EXPECT_EQ(SumOf({value}), value);
}

TEST(ExactNumberTest, LargeNumbersDoNotSwallowSmallOnes) {
  EXPECT_EQ(SumOf({1e16, 1.0, -1e16, 1.0}), 2.0);
  EXPECT_EQ(SumOf({1e308, 1e308, 1e-308, -1e308, -1e308}), 1e-308);
  EXPECT_EQ(SumOf({1e308, 1e308}), std::numeric_limits<double>::infinity());
  EXPECT_EQ(SumOf({1.0, 5e-324, -1.0}), 5e-324);
}

TEST(ExactNumberTest, HalvesGoToEven) {
  const double ulp = std::ldexp(1.0, -52);
  EXPECT_EQ(SumOf({1.0, ulp / 2}), 1.0);
  EXPECT_EQ(SumOf({1.0 + ulp, ulp / 2}), 1.0 + 2 * ulp);
  EXPECT_EQ(SumOf({1.0, ulp / 2, 5e-324}), 1.0 + ulp);
  EXPECT_EQ(SumOf({-1.0, -ulp / 2, -5e-324}), -1.0 - ulp);
}

TEST(ExactNumberTest, OrderAndGroupingDoNotMatter) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> values;
    for (int i = 0; i < 50; ++i)
      values.push_back(round % 2 == 0
                           ? AnyDouble(random)
                           : std::ldexp(static_cast<double>(random() % 1000) - 500, static_cast<int>(random() % 80)));
    const ExactMoments whole = MomentsOf(values);
    std::shuffle(values.begin(), values.end(), random);
    ExactMoments parts;
    for (size_t begin = 0; begin < values.size();) {
      const size_t end = std::min(values.size(), begin + 1 + random() % 20);
      const ExactMoments part =
          MomentsOf({values.begin() + static_cast<ptrdiff_t>(begin), values.begin() + static_cast<ptrdiff_t>(end)});
      if (random() % 2 == 0)
        parts.Merge(part);
      else
        ASSERT_TRUE(parts.MergeEncoded(part.Encode(true)));
      begin = end;
    }
    EXPECT_EQ(parts.Encode(true), whole.Encode(true));
    EXPECT_EQ(parts.Variance(true), whole.Variance(true));
  }
}

TEST(ExactNumberTest, SumsOfIntegersAreThoseOfIntegers) {
  std::mt19937_64 random(3);
  ExactNumber number;
  Int128 sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const auto value = static_cast<double>(static_cast<int64_t>(random()));
    number.Add(value);
    sum += static_cast<Int128>(value);
  }
  EXPECT_EQ(number.Canonical().ToDouble(), static_cast<double>(sum));
}

TEST(ExactMomentsTest, VarianceDoesNotCancel) {
  EXPECT_EQ(MomentsOf({1e9 + 1, 1e9 + 2, 1e9 + 3}).Variance(true), 1.0);
  EXPECT_EQ(MomentsOf({1e200, 1e200}).Variance(false), 0.0);
  EXPECT_EQ(MomentsOf({1e15, 1e15 + 2}).Variance(false), 1.0);
  EXPECT_EQ(MomentsOf({5}).Variance(true), std::nullopt);
  EXPECT_EQ(MomentsOf({5}).Variance(false), 0.0);
  EXPECT_EQ(ExactMoments().Sum(), std::nullopt);
}

TEST(ExactMomentsTest, WhatIsNotFiniteIsTold) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(MomentsOf({1, kInfinity}).Sum(), kInfinity);
  EXPECT_EQ(MomentsOf({1, -kInfinity}).Sum(), -kInfinity);
  EXPECT_TRUE(std::isnan(*MomentsOf({kInfinity, -kInfinity}).Sum()));
  EXPECT_TRUE(std::isnan(*MomentsOf({std::nan("")}).Average()));
  EXPECT_TRUE(std::isnan(*MomentsOf({kInfinity}).Variance(false)));
}

TEST(ExactMomentsTest, DamagedBytesAreRefused) {
  const std::string bytes = MomentsOf({1.5, -2.25, 1e100}).Encode(true);
  for (size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(ExactMoments().MergeEncoded(std::string_view(bytes).substr(0, length)));
  EXPECT_FALSE(ExactMoments().MergeEncoded(bytes + "x"));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x80);
    ExactMoments moments;
    (void)moments.MergeEncoded(damaged);  // whatever it says, it does not read beyond the end
  }
}

TEST(ExactSumTest, DuckdbAddsUpInAllItsWays) {
  DatabaseOptions options;
  options.path = ":memory:";
  options.threads = 2;
  auto database = *Database::Open(options);
  auto connection = *database->Connect();
  auto answer = connection->Query(
      "WITH x AS (SELECT range % 1000 AS k, range % 7 AS b, (hash(range) % 1000)::DOUBLE / 7 AS d FROM range(200000)),"
      " states AS (SELECT k, b, tailrace_moments_state(d) AS s FROM x GROUP BY ALL),"
      " folded AS (SELECT k, tailrace_merge(s) AS s FROM states GROUP BY k),"
      " kept AS (SELECT k, tailrace_sum(s) AS s, tailrace_avg(s) AS a, tailrace_var_samp(s) AS v FROM folded GROUP BY "
      "k)"
      " SELECT count(*), count(*) FILTER (abs(s - sum_d) <= 1e-12 * sum_d), count(*) FILTER (abs(a - avg_d) <= 1e-12 * "
      "avg_d),"
      " count(*) FILTER (abs(v - var_d) <= 1e-12 * var_d) FROM kept"
      " JOIN (SELECT k, sum(d) AS sum_d, avg(d) AS avg_d, var_samp(d) AS var_d FROM x GROUP BY k) USING (k)");
  ASSERT_TRUE(answer) << answer.error().message();
  for (const auto& value : answer->rows[0]) EXPECT_EQ(value, "1000");
}

TEST(ExactSumTest, NullsAreSkippedAndNothingIsNull) {
  DatabaseOptions options;
  options.path = ":memory:";
  auto database = *Database::Open(options);
  auto connection = *database->Connect();
  auto answer = connection->Query(
      "SELECT tailrace_sum_state(NULL::DOUBLE), tailrace_merge(NULL::BLOB), tailrace_sum(NULL::BLOB), tailrace_sum(s) "
      "FROM"
      " (SELECT tailrace_sum_state(d) AS s FROM (VALUES (1.5::DOUBLE), (NULL)) v(d))");
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->rows[0][0], std::nullopt);
  EXPECT_EQ(answer->rows[0][1], std::nullopt);
  EXPECT_EQ(answer->rows[0][2], std::nullopt);
  EXPECT_EQ(answer->rows[0][3], "1.5");
  EXPECT_FALSE(connection->Query("SELECT tailrace_sum('damaged'::BLOB)"));
}

}  // namespace
}  // namespace tailrace::sql
