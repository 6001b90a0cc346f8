// How large the lists and texts can become that functions make out of a number. Only the files of sql/ include this
// header.
#pragma once

#include <optional>

#include "sql/syntax_tree.h"

namespace tailrace::sql {

// Refuses range(n), repeat(text, n) and the like when nothing in the text bounds n, or when together they make too
// much.
std::optional<SqlError> RefuseUnboundedSizes(const Json& node);

}  // namespace tailrace::sql
