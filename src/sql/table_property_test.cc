// Every aggregate, kept batch by batch in any order with compactions in between, answers what DuckDB answers over all
// rows.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sql/testing/kept_table.h"

namespace tailrace::sql {
namespace {

struct Case {
  const char* sql;
  const char* direct = nullptr;  // where DuckDB leaves the order of ties open; else the same
  double scale = 0;              // doubles agree to 1e-12 of this, or of themselves
  std::vector<std::string> unique = {};
};

// Sum of the absolute values of d, and of d squared, over 300 rows.
constexpr double kSumScale = 1.5e5;
constexpr double kSquareScale = 1.0e6;

const Case kCases[] = {
    // Rows
    {"SELECT * FROM rows"},
    {"SELECT k, q + 1, q * m AS p FROM rows WHERE q > 0"},
    {"SELECT *, q * 2 AS twice FROM rows r WHERE r.k = 'a'"},
    {"SELECT * EXCLUDE (j, w) REPLACE (upper(k) AS k) FROM rows"},
    {"SELECT k, unnest(l) AS e FROM rows"},
    {"SELECT r.k, u.e FROM rows r, unnest(r.l) AS u(e)"},
    {"SELECT r.k, u.e FROM rows r LEFT JOIN unnest(r.l) AS u(e) ON true"},
    {"WITH x AS (SELECT k AS kk, * FROM rows WHERE q IS NOT NULL) SELECT kk, q, _seq FROM x"},
    {"SELECT _record->>'r' AS r, * FROM rows", "SELECT _offset::VARCHAR, * FROM rows"},
    {"SELECT v.label, q FROM rows JOIN (VALUES ('a', 'first'), ('b', 'second')) v(k, label) USING (k)"},
    {"SELECT main.rows.q FROM main.rows"},
    // unique
    {"SELECT k, q, m FROM rows",
     "SELECT k, arg_max_null(q, _seq), arg_max_null(m, _seq) FROM rows GROUP BY k",
     0,
     {"k"}},
    {"SELECT q AS a, k AS b, l, j, s FROM rows WHERE b",
     "SELECT q, k, arg_max_null(l, _seq), arg_max_null(j, _seq), arg_max_null(s, _seq) FROM rows WHERE b GROUP BY ALL",
     0,
     {"b", "A"}},
    {"SELECT unnest(l) AS e, k FROM rows",
     "SELECT e, arg_max_null(k, (_seq, n)) FROM (SELECT *, row_number() OVER () AS n FROM (SELECT unnest(l) AS e, k, "
     "_seq FROM rows)) GROUP BY e",
     0,
     {"e"}},
    {"SELECT e, k FROM rows, unnest(l) AS u(e)",
     "SELECT e, arg_max_null(k, (_seq, o)) FROM rows, unnest(l) WITH ORDINALITY AS u(e, o) GROUP BY e",
     0,
     {"e"}},
    // Counts
    {"SELECT count(*), count(q), count(k) FILTER (WHERE q > 0), count() AS n FROM rows"},
    {"SELECT k, count(*) AS n FROM rows GROUP BY ALL"},
    {"SELECT k, g, count_if(q > 0), countif(b) FROM rows GROUP BY 1, 2"},
    {"SELECT k, count(DISTINCT q), count(DISTINCT s) FILTER (WHERE b), count(DISTINCT (q, s)) FROM rows GROUP BY k"},
    {"SELECT count(DISTINCT q) FROM rows"},
    {"SELECT count(DISTINCT q), count(*) FROM rows WHERE q > 1000"},
    {"SELECT approx_count_distinct(q) FROM rows GROUP BY g"},
    // Sums and averages
    {"SELECT k, sum(q), sum(big), sum(m), sum(wide), sum(q * m) FROM rows GROUP BY k"},
    {"SELECT sum(q) FILTER (WHERE b), sum(m) FILTER (WHERE q > 1000), sum(b::INTEGER), sum(q > 0) FROM rows"},
    {"SELECT k, avg(q), avg(m), avg(wide), avg(q::TINYINT), mean(m) FILTER (WHERE b), avg(big) FROM rows GROUP BY k"},
    {"SELECT k, sum(d), avg(d), fsum(d), kahan_sum(d), favg(d), sum(d::FLOAT), avg(d::FLOAT) FROM rows GROUP BY k",
     nullptr, kSumScale},
    {"SELECT sum(d) FILTER (WHERE q > 1000), avg(d) FILTER (WHERE q > 1000) FROM rows"},
    {"SELECT k, sum(DISTINCT q), avg(DISTINCT q), sum(DISTINCT m), sum(DISTINCT d), avg(DISTINCT d) FROM rows GROUP BY "
     "k",
     nullptr, kSumScale},
    {"SELECT k, var_pop(d), var_samp(d), variance(q), stddev(d), stddev_pop(m), stddev_samp(q) FROM rows GROUP BY k",
     nullptr, kSquareScale},
    {"SELECT g, k, stddev(q) FILTER (WHERE b), var_samp(m) FILTER (WHERE q > 3), stddev(DISTINCT q) FROM rows GROUP BY "
     "ALL",
     nullptr, kSquareScale},
    // Extremes and bits
    {"SELECT k, min(q), max(q), min(s), max(s), min(d), max(w), min(t), max(m), min(l), max(b) FROM rows GROUP BY k"},
    {"SELECT k, bool_and(b), bool_or(b), bit_and(q), bit_or(q), bit_xor(big), bit_xor(DISTINCT q) FROM rows GROUP BY "
     "k"},
    {"SELECT min(q) FILTER (WHERE k = 'a'), bool_and(b) FILTER (WHERE q > 1000), max(DISTINCT q) FROM rows"},
    // Places
    {"SELECT k, first(q), last(q), any_value(q), first(s), last(s), any_value(s), arbitrary(m) FROM rows GROUP BY k"},
    {"SELECT first(q) FILTER (WHERE b), last(l) FILTER (WHERE b), any_value(j) FILTER (WHERE q > 2), first(q) FILTER "
     "(WHERE q > 1000) FROM rows"},
    {"SELECT k, first(s ORDER BY q), last(s ORDER BY q DESC), any_value(s ORDER BY q NULLS LAST, t DESC NULLS FIRST) "
     "FROM rows GROUP BY k",
     "SELECT k, first(s ORDER BY q, _seq), last(s ORDER BY q DESC, _seq), any_value(s ORDER BY q NULLS LAST, t DESC "
     "NULLS FIRST, _seq) FROM rows GROUP BY k"},
    {"SELECT k, arg_max(s, q), arg_min(s, q), max_by(q, s), min_by(l, m), argmax(_seq, q), argmin(_seq, b) FROM rows "
     "GROUP BY k"},
    {"SELECT arg_max(s, q) FILTER (WHERE b), arg_min_null(s, q), arg_max_null(s, q), arg_max(_seq, d), arg_max(k, 1) "
     "FROM rows"},
    {"SELECT arg_max(k, q) FROM rows WHERE q > 1000"},
    // Lists and texts
    {"SELECT k, list(q), array_agg(s), string_agg(s), string_agg(s, '-'), listagg(q, ';'), group_concat(s, '/') FROM "
     "rows GROUP BY k"},
    {"SELECT list(q) FILTER (WHERE b), string_agg(s, ',') FILTER (WHERE q > 1000), list(m)[1:3], len(list(q)) FROM "
     "rows"},
    {"SELECT k, list(q ORDER BY s DESC NULLS LAST, t), string_agg(s, ',' ORDER BY q) FROM rows GROUP BY k",
     "SELECT k, list(q ORDER BY s DESC NULLS LAST, t, _seq), string_agg(s, ',' ORDER BY q, _seq) FROM rows GROUP BY k"},
    {"SELECT k, list(DISTINCT q ORDER BY q), string_agg(DISTINCT s, ',' ORDER BY s DESC), list_sort(list(DISTINCT s)) "
     "FROM rows GROUP BY k"},
    {"SELECT k, list(DISTINCT q) FROM rows GROUP BY k",
     "SELECT k, list(q ORDER BY p) FROM (SELECT k, q, min(_seq) AS p FROM rows GROUP BY ALL) GROUP BY k"},
    {"SELECT g, list({'a': q, 'b': s}) FROM rows GROUP BY g"},
    // Values
    {"SELECT k, median(q), median(m), median(d), median(t), quantile_cont(q, 0.9), quantile_disc(s, 0.3), "
     "quantile_cont(m, [0.1, 0.5]) FROM rows GROUP BY k"},
    {"SELECT median(q) FILTER (WHERE b), quantile_cont(d, 0.25) FILTER (WHERE q > 1000), median(DISTINCT q), mad(q) "
     "FROM rows"},
    {"SELECT k, percentile_cont(0.3) WITHIN GROUP (ORDER BY q DESC), percentile_disc(0.7) WITHIN GROUP (ORDER BY s) "
     "FROM rows GROUP BY k"},
    {"SELECT k, mode(q), mode(s), mode(t) FILTER (WHERE b), mode() WITHIN GROUP (ORDER BY g) FROM rows GROUP BY k"},
    {"SELECT mode(q), median(q), count(DISTINCT q), histogram(q), quantile_disc(q, 0.5) FROM rows"},
    // Groups and expressions
    {"SELECT date_trunc('hour', t) AS hour, k, sum(q * m) AS revenue, count(*) AS lines FROM rows GROUP BY ALL"},
    {"SELECT k, sum(q) / count(*) + 1 AS x, CASE WHEN sum(q) > 10 THEN 'big' ELSE 'small' END AS size FROM rows GROUP "
     "BY 1 HAVING count(*) > 20 AND sum(q) > 0"},
    {"SELECT upper(k) || '!' AS u, year(t) + 0 AS y, round(100.0 * sum(q) / nullif(count(*), 0), 2) FROM rows GROUP BY "
     "upper(k), year(t)"},
    {"SELECT k AS key, sum(q) AS total, total * 2 AS twice FROM rows GROUP BY key HAVING total > 3"},
    {"SELECT rows.k, count(*) FROM rows GROUP BY K HAVING K <> 'a'"},
    {"SELECT sum(q) FROM rows GROUP BY k, g"},
    {"SELECT k, g FROM rows GROUP BY ALL"},
    {"SELECT k FROM rows GROUP BY k HAVING sum(q) > 0"},
    {"SELECT 'all' AS what, count(*) FROM rows WHERE q > 1000 GROUP BY ALL"},
    {"SELECT 1 AS one, coalesce(sum(q), 0) AS s, max(q) - min(q) FROM rows WHERE q > 1000"},
    {"SELECT count(*) AS n FROM rows HAVING n > 1000"},
    {"SELECT count(*) FROM rows HAVING max(q) > 1000"},
    {"SELECT k || 'x' AS k, count(*) FROM rows GROUP BY k"},
    {"SELECT m * 2 AS z, count(*) FROM rows WHERE z > 0 GROUP BY z"},
    {"SELECT j->>'a' AS a, count(*), list_transform(list(q ORDER BY q), k -> k + 1) FROM rows GROUP BY ALL"},
    {"SELECT {'k': k, 'g': g} AS pair, l[1] AS head, sum(q) FROM rows GROUP BY ALL"},
    {"SELECT d, w, count(*) FROM rows GROUP BY ALL"},
    {"SELECT k, sum(q) FILTER (WHERE s = 'a') - sum(q) FILTER (WHERE s = 'b') AS difference FROM rows GROUP BY k"},
    {"SELECT NULL AS nothing, k, count(*) FROM rows GROUP BY ALL"},
    {"SELECT NULL AS nothing, q FROM rows"},
    {"SELECT k, sum(q) AS s FROM rows WHERE k IN ('a', 'b') AND s BETWEEN 'a' AND 'z' GROUP BY k HAVING sum(q) IS NOT "
     "NULL",
     "SELECT k, sum(q) AS total FROM rows WHERE k IN ('a', 'b') AND s BETWEEN 'a' AND 'z' GROUP BY k HAVING sum(q) IS "
     "NOT NULL"},
    // Below the outermost SELECT
    {"WITH x AS (SELECT *, q * m AS amount FROM rows WHERE q > 0) SELECT k, sum(amount), last(amount), list(q) FROM x "
     "GROUP BY ALL"},
    {"SELECT c, sum(n), first(n) FROM (SELECT upper(k) AS c, q AS n FROM (SELECT k, q FROM rows WHERE b)) t GROUP BY "
     "c"},
    {"WITH a AS (FROM rows), b AS (SELECT k, q FROM a) SELECT b.k, arg_max(q, b.q) FROM b GROUP BY b.k"},
    {"SELECT e, count(*), sum(q) FROM (SELECT unnest(l) AS e, q FROM rows) GROUP BY e"},
    {"SELECT e, first(k), last(k), list(k) FROM (SELECT unnest(l) AS e, k FROM rows) GROUP BY e"},
    {"SELECT u.e % 3 AS r, list(u.e), mode(u.e), arg_max(u.e, k) FROM rows, unnest(l) AS u(e) GROUP BY ALL",
     "SELECT e % 3 AS r, list(e), mode(e), arg_max(e, k) FROM (SELECT e, k, _seq, o FROM rows, unnest(l) WITH "
     "ORDINALITY AS u(e, o) ORDER BY _seq, o) GROUP BY ALL"},
    {"SELECT \"unnest\" % 3 AS r, last(k), list(\"unnest\") FROM rows, unnest(l) GROUP BY ALL",
     "SELECT e % 3 AS r, last(k), list(e) FROM (SELECT e, k, _seq, o FROM rows, unnest(l) WITH ORDINALITY AS u(e, o) "
     "ORDER BY _seq, o) GROUP BY ALL"},
    {"SELECT k, sum(x.total) FROM rows, LATERAL (SELECT sum(e) AS total FROM unnest(l) AS u(e)) x GROUP BY k"},
    {"SELECT k, max(_record->>'r') FROM rows GROUP BY k", "SELECT k, max(_offset::VARCHAR) FROM rows GROUP BY k"},
};

int SeedCount() {
  const char* seeds = std::getenv("TAILRACE_SEEDS");
  return seeds == nullptr ? 3 : std::atoi(seeds);
}

class TablePropertyTest : public testing::TestWithParam<int> {};

TEST_P(TablePropertyTest, KeptIsDirect) {
  const uint64_t seed = static_cast<uint64_t>(GetParam()) * 7919 + 5;
  KeptTables tables(seed, GetParam() % 5 == 4 ? 0 : 40 + 130 * (GetParam() % 3));
  for (const Case& one : kCases) {
    SCOPED_TRACE(one.sql);
    auto plan = tables.Plan(one.sql, one.unique);
    if (!plan) {
      ADD_FAILURE() << plan.error().message;
      continue;
    }
    auto kept = tables.Kept(*plan);
    auto direct = tables.Direct(one.direct == nullptr ? one.sql : one.direct);
    if (!kept || !direct) {
      ADD_FAILURE() << (kept ? direct.error().message() : kept.error().message());
      continue;
    }
    EXPECT_EQ(Difference(*kept, *direct, one.scale), "") << plan->view_sql;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TablePropertyTest, testing::Range(0, SeedCount()));

// Doubles from 1e-30 to 1e33: the same bits whatever the batches, and near DuckDB's sum, which depends on the order.
TEST(TablePropertyTest, SumsOfDoublesDoNotDependOnBatches) {
  constexpr char kSql[] = "SELECT k, sum(w) AS s, avg(w) AS a, var_pop(w) AS v FROM rows GROUP BY k";
  std::vector<std::string> first;
  for (int round = 0; round < 4; ++round) {
    KeptTables tables(17, 400);
    auto plan = tables.Plan(kSql);
    ASSERT_TRUE(plan);
    for (int other = 0; other < round; ++other) ASSERT_TRUE(tables.Kept(*plan));  // moves the random numbers on
    auto kept = tables.Kept(*plan);
    ASSERT_TRUE(kept);
    if (round == 0) first = *kept;
    EXPECT_EQ(*kept, first);
  }
}

}  // namespace
}  // namespace tailrace::sql
