// What PlanTable and its two kinds of plan share. Only the files of sql/ include this header.
#pragma once

#include <string>
#include <vector>

#include "sql/syntax_tree.h"
#include "sql/table_plan.h"
#include "sql/table_source.h"

namespace tailrace::sql {

// A table's SELECT, checked: nothing in it that a replay would answer otherwise or that partial rows cannot keep.
struct TableQuery {
  const TablePlanRequest* request = nullptr;
  Scratch* scratch = nullptr;
  Json node;                                // the outermost SELECT, as written
  std::vector<ResultColumn> columns;        // of the answer
  std::vector<std::string> stream_columns;  // what `*` means
};

// The SELECT bound to the scratch's batch relation, and the way back to a text over the real one.
struct BoundQuery {
  Json node;
  TableSource source;
};

SqlResult<BoundQuery> BindQuery(const TableQuery& query, PlaceNeed places);

// The text of a bound SELECT over the batch relation of the request.
SqlResult<std::string> BatchText(const TableQuery& query, const Json& bound_node);
// The columns of a bound SELECT.
SqlResult<std::vector<ResultColumn>> DescribeBound(const TableQuery& query, const Json& bound_node);

// The text of one expression, for parts of SELECTs that are put together as text.
SqlResult<std::string> ExpressionText(Json expression);

// The value of the place of a row, for one or several place columns, and the same in the opposite order.
std::string PlaceValue(const std::vector<std::string>& places);
std::string OppositePlaceValue(const std::vector<std::string>& places);

std::string PhysicalName(const TablePlanRequest& request, std::string_view part);

// Fills in the columns of `partial` from its SELECT, which reads `rows_columns`-typed physical tables or the scratch's
// batch.
SqlResult<IncrementalPlan> PlanRows(const TableQuery& query);
SqlResult<IncrementalPlan> PlanGroups(const TableQuery& query);

// One row (emitted, filtered): the records of the batch that `rows`, a bound SELECT that gives kSeqPlace, makes rows of,
// and those that it makes none of.
SqlResult<std::string> CountSql(const TableQuery& query, const Json& rows);

// "a", "b", "c"
std::string QuotedList(const std::vector<std::string>& names);

}  // namespace tailrace::sql
