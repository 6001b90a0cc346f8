// Finds the records that a query cannot take, by halving.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

struct RefusedRow {
  size_t row = 0;
  std::string reason;
};

// Rows of `range` that fail alone with kInvalid, ascending. Any other error of `test` ends the search with it.
// A range that fails whole while all its rows pass alone gives none: the fault is not of one record.
Result<std::vector<RefusedRow>> FindRefusedRows(RowRange range, const std::function<Status(RowRange)>& test);

// `range` without these rows (ascending), as the stretches between them.
std::vector<RowRange> RangesBetween(RowRange range, const std::vector<RefusedRow>& refused);

}  // namespace tailrace::engine
