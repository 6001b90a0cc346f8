// The functions of DuckDB that users' SQL and tables may call, and what kind each is.
#pragma once

#include <optional>
#include <string_view>

namespace tailrace::sql {

enum class FunctionKind {
  kScalar,    // of its arguments alone; macros of DuckDB and operators too
  kVolatile,  // random() and the like
  kNow,       // of the server's time
  kAggregate,
  kAggregatingMacro,  // a macro with aggregates in it
  kWindow,            // only with OVER
};

// Nothing for a function that is not listed. Names are compared without case.
std::optional<FunctionKind> KindOfFunction(std::string_view name);

// Those that may stand in FROM.
bool IsListedTableFunction(std::string_view name);

// Whether the function was looked at and found not to be for users. With the two above it covers all of DuckDB's.
bool IsRefusedFunction(std::string_view name);

}  // namespace tailrace::sql
