// A table function whose rows come from a callback, as texts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

using TextRow = std::vector<std::optional<std::string>>;

// Threads: one at a time.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // Up to so many more rows, each of as many texts as there are columns; empty at the end.
  virtual Result<std::vector<TextRow>> Next(size_t rows_max) = 0;
};

struct RowFunctionOptions {
  std::string name;
  std::vector<std::string> columns;  // all VARCHAR
  std::function<Result<std::unique_ptr<RowSource>>()> open;  // at each scan, from any thread
};

// For all connections of the instance, as long as it lives.
Status RegisterRowFunction(Connection& connection, RowFunctionOptions options);

}  // namespace tailrace::sql
