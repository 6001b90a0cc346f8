// How one aggregate call of a table is kept: as columns of its group's partial rows, or as rows of a table of its own.
// Only the files of sql/ include this header.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sql/syntax_tree.h"

namespace tailrace::sql {

// A call over the rows of a batch, whose expressions are columns there.
struct AggregateCall {
  Json tree;                           // as written, names put in place
  std::string function;                // in lower case
  std::string type;                    // of its answer
  std::vector<std::string> arguments;  // columns of the rows; constants have none
  std::vector<std::string> argument_types;
  std::vector<std::string> orders;  // columns of the rows for its ORDER BY
  std::string filter;               // column of the rows; empty for none
};

// A column of the partial rows. Texts of SQL: `partial` over the rows, `fold` over the partial rows themselves.
struct StateColumn {
  std::string name;
  std::string partial;
  std::string fold;
};

// Kept beside the group's key.
struct ColumnState {
  std::vector<StateColumn> columns;
  std::string merged;  // over the partial rows of a group
};

// Kept as (key, v, n, p): each value of a group, how often, and its first place.
struct ValueState {
  std::string value;  // column of the rows
  std::string filter;
  bool needs_place = false;
  bool repeated = false;   // `merged` wants each value n times
  std::string merged;      // over v, n, p of a group
  std::string when_empty;  // the answer without values; empty for null
};

// Kept as (key, v, o0, o1, ..., places): a row for each value, because its order must be known.
struct ListState {
  std::string value;
  std::string filter;
  bool skips_null = false;
  std::vector<std::string> orders;  // columns of the rows, becoming o0, o1, ...
  std::string merged;               // over v, o0, ..., places
};

using AggregateState = std::variant<ColumnState, ValueState, ListState>;

struct StateRequest {
  AggregateCall call;
  std::vector<std::string> places;  // place columns of the rows
  std::string prefix;               // names of state columns begin so
};

// Refuses what cannot be kept exactly.
SqlResult<AggregateState> KeepAggregate(const StateRequest& request);

// Whether the answer depends on the order of the rows, so that their places are needed.
bool DependsOnOrder(const Json& call);

// How many of its arguments are expressions over the rows even when they are constants; the others are options.
size_t ValueArguments(const Json& call);

// The expression that is aggregated when it is not the first argument: that of WITHIN GROUP (ORDER BY ...). Null for
// other calls.
const Json* WithinGroup(const Json& call);

}  // namespace tailrace::sql
