// A SELECT of aggregates with parameters in its WHERE, taken apart: groups that can be formed before anybody has chosen the parameters, and
// the same answer made from these groups.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/duckdb.h"
#include "sql/syntax.h"

namespace tailrace::sql {

struct RollupPlan {
  std::string groups_sql;     // without parameters: what the conditions look at, the keys, and the aggregates of each such group
  std::string estimate_sql;   // one row: how many rows are grouped, and about how many groups they make
  std::string answer_sql;     // with the parameters of the SELECT, over the relation that holds the answer of groups_sql
  std::vector<std::string> sums;  // columns of groups_sql: sums must be of a type that adds up to the same in any order
};

struct RollupRequest {
  const Select* select = nullptr;          // views inlined
  std::set<std::string> date_parameters;   // in lower case: those whose values are dates
  std::string relation;                    // where the groups will be, as SQL names it
  std::function<Result<std::vector<ResultColumn>>(const std::string& sql)> columns;  // what a SELECT without parameters would answer
};

// How it works: a condition over parameters is the same for all rows in which its parts without parameters are the same. Rows are grouped by
// these parts and by the keys, and the condition is then put to groups. A time that is held against the beginning of a day (`sold >= $since`,
// `sold < $until + INTERVAL 1 DAY`, with dates) matters by its day alone.
//
// Nullopt: the SELECT has no such conditions, or is of another shape: one whose aggregates are count, sum, min and max, of plain calls, with
// parameters in WHERE and LIMIT only. kInvalid: what `columns` says.
Result<std::optional<RollupPlan>> PlanRollup(const RollupRequest& request);

}  // namespace tailrace::sql
