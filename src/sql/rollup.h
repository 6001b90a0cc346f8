// A SELECT of aggregates with parameters in its WHERE, taken apart: groups that can be formed before anybody has chosen the parameters, and
// the same answer made from these groups.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/duckdb.h"
#include "sql/syntax.h"

namespace tailrace::sql {

struct RollupPlan {
  std::string groups_sql;     // with the fixed parameters: what the other conditions look at, the keys, and the aggregates of each such group
  std::string estimate_sql;   // the same parameters; one row: how many rows are grouped, and about how many groups they make
  std::string sample_sql;     // the same over a tenth of the rows: no more groups than there are
  std::string answer_sql;     // with the parameters of the SELECT, over the relation that holds the answer of groups_sql
  std::string rows;           // equal for plans that group the same rows, if their fixed parameters have the same values
  std::map<std::string, std::string> columns;  // of groups_sql, by expressions in a form that is equal for equal ones
  std::vector<std::string> sums;  // columns of groups_sql: sums must be of a type that adds up to the same in any order
};

struct RollupRequest {
  const Select* select = nullptr;          // views inlined
  std::set<std::string> date_parameters;   // in lower case: those whose values are dates
  std::set<std::string> fixed_parameters;  // in lower case: the answer is asked for with the values that the groups are formed with
  std::string relation;                    // where the groups will be, as SQL names it in FROM
  std::function<Result<std::vector<ResultColumn>>(const std::string& sql)> columns;  // what a SELECT without parameters would answer
};

// How it works: a condition over parameters is the same for all rows in which its parts without parameters are the same. Rows are grouped by
// these parts and by the keys, and the condition is then put to groups. A time that is held against the beginning of a day (`sold >= $since`,
// `sold < $until + INTERVAL 1 DAY`, with dates) matters by its day alone. Conditions over fixed parameters alone choose the rows that are grouped.
//
// Nullopt: the SELECT has no conditions over other parameters, or is of another shape: one whose aggregates are count, sum, min and max, of plain calls, with
// parameters in WHERE and LIMIT only. kInvalid: what `columns` says.
Result<std::optional<RollupPlan>> PlanRollup(const RollupRequest& request);

}  // namespace tailrace::sql
