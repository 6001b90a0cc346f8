// What user SQL may do: an allow-list over the syntax tree. The second wall is the locked instance itself.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "sql/syntax.h"

namespace tailrace::sql {

// Relations of one query, at all depths: planning the order of many joins takes seconds that no interrupt ends.
inline constexpr size_t kUserRelationsMax = 32;
// Elements of the lists, or bytes of the texts, that range(), repeat() and the like may make in one expression of a
// row.
inline constexpr double kUserElementsMax = 10'000'000;

// Nothing when `select` reads only relations that `is_known` knows, CTEs in scope and the listed table functions, and
// calls only listed functions. `is_known` is asked with the name as written, without `main.`; relations of other
// schemas come as `schema.name`. DuckDB compares names without case. Functions that make lists and texts of any size
// need a size that is a constant, or bounded by one as in range(least(n, 100)).
std::optional<SqlError> RefuseUserSelect(const Select& select, const std::function<bool(std::string_view)>& is_known);

}  // namespace tailrace::sql
