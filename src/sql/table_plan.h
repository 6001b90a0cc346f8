// How a table's SELECT is kept incrementally: the rewrite of its syntax tree into partial rows per batch and a view
// that merges them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/scratch.h"
#include "sql/syntax.h"

namespace tailrace::sql {

// One physical table behind a table of the pipeline. In every SQL text the batch relation and the physical table names
// are already filled in.
struct Partial {
  std::string physical_name;  // the table that rows are appended to
  std::vector<ResultColumn> columns;
  std::string select_sql;  // over the batch relation: what one batch adds
  std::string
      compact_sql;  // SELECT over physical_name: the same content in fewer rows; empty when rows stay as they are
};

struct IncrementalPlan {
  std::vector<Partial> partials;      // appended in one transaction
  std::string count_sql;              // over the batch relation: one row (emitted, filtered), of records
  std::string view_sql;               // SELECT over the physical tables: what users see under the table's name
  std::vector<ResultColumn> columns;  // of the view
};

struct TablePlanRequest {
  std::string name;  // of the table; physical names are made from it
  std::string sql;   // one stream, views inlined
  std::string stream;
  std::string batch_relation;  // what stands for the stream in select_sql
  std::vector<std::string> unique;
};

// Errors name what cannot be kept and the way out. `scratch` knows the stream.
SqlResult<IncrementalPlan> PlanTable(const TablePlanRequest& request, Scratch& scratch);

}  // namespace tailrace::sql
