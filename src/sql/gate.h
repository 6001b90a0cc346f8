// What user SQL may do: an allow-list over the syntax tree. The second wall is the locked instance itself.
#pragma once

#include <functional>
#include <string_view>

#include "sql/syntax.h"

namespace tailrace::sql {

// Nothing when `select` reads only relations that `is_known` knows, CTEs in scope and the listed table functions, and calls only listed functions.
std::optional<SqlError> RefuseUserSelect(const Select& select, const std::function<bool(std::string_view)>& is_known);

}  // namespace tailrace::sql
