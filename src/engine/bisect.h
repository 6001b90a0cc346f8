// Finds the records that a query cannot take.
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

// Warehouse::Evaluate of one table, or Warehouse::Project of one collection.
using RowTest = std::function<Status(const Trial& trial, RowRange* suspects)>;

// Rows of `range` but for those `excluded` (ascending) that fail alone with kInvalid, ascending, each with its own reason. Any other error of
// `test` ends the search with it. A range that fails whole while all its rows pass alone gives none: the fault is not of one record.
// Takes two tests for each row found and a few for the rest, as long as the rows that a failing test was handed last are those at fault; where
// they are not, it halves.
Result<std::vector<RefusedRow>> FindRefusedRows(RowRange range, const std::vector<size_t>& excluded, const RowTest& test);

// The same by halving alone. What FindRefusedRows finds is held against it.
Result<std::vector<RefusedRow>> FindRefusedRowsByHalving(RowRange range, const std::vector<size_t>& excluded, const RowTest& test);

std::vector<size_t> NumbersOf(const std::vector<RefusedRow>& refused);

}  // namespace tailrace::engine
