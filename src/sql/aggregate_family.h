// What the files that keep aggregates share: families of functions that are kept the same way, and parts of a call as
// text. Only those files include this header.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/aggregate_state.h"

namespace tailrace::sql {

enum class Family {
  kCount,
  kCountIf,
  kSum,
  kExactSum,  // of doubles even where DuckDB has another way
  kAverage,
  kExactAverage,
  kMoments,
  kItself,  // the same function merges
  kFirst,
  kLast,
  kAnyValue,
  kArgument,  // arg_min, arg_max
  kList,
  kText,
  kValues,    // of the values and how often each comes
  kDistinct,  // of the values, however often they come
  kMode,
};

// Nothing for a function that is not kept.
std::optional<Family> FamilyOf(std::string_view function);

bool HasOrder(const Json& call);

// Parts of one call as SQL over the rows of a batch.
class CallText {
 public:
  explicit CallText(const StateRequest& request) : request_(request), call_(request.call) {}

  std::string Argument(size_t index) const;
  std::string Present(size_t index) const;  // "a0" IS NOT NULL
  // " FILTER (WHERE ...)" of the call's own filter and a further condition; empty for neither.
  std::string Filter(const std::string& condition = "") const;
  // function(argument) with the filter.
  std::string Call(std::string_view function) const;
  // What stands after ORDER BY: the call's orders over other expressions, and then places.
  std::string Order(const std::function<std::string(size_t)>& order,
                    const std::function<std::string(size_t)>& place) const;

  tl::unexpected<SqlError> Unkept(std::string_view why) const;

 private:
  const StateRequest& request_;
  const AggregateCall& call_;
};

// Beside the group's key.
SqlResult<AggregateState> KeepInColumns(const StateRequest& request, Family family);
// In a table of values of its own.
SqlResult<AggregateState> KeepValues(const StateRequest& request, Family family);

}  // namespace tailrace::sql
