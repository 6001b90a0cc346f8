// Lists, arrays, maps, structs and unions of a result as JSON text.
#pragma once

#include <duckdb.h>

#include <memory>

#include "sql/value_text.h"

namespace tailrace::sql {

// Null for a type that holds no others. Errors: those of MakeValueText, of what it holds.
Result<std::unique_ptr<ValueText>> MakeNestedText(duckdb_logical_type type, NonFinite non_finite);

}  // namespace tailrace::sql
