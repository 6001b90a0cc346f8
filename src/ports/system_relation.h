// A relation that queries may read and whose rows are not the store's: asked for anew by each query.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace {

using SystemRow = std::vector<std::optional<std::string>>;  // a text for each column; nullopt is null

// Threads: one at a time.
class SystemRows {
 public:
  virtual ~SystemRows() = default;
  // Up to so many more rows; empty at the end.
  virtual Result<std::vector<SystemRow>> Next(size_t rows_max) = 0;
};

struct SystemColumn {
  std::string name;
  std::string type;  // DuckDB's spelling; the texts are cast to it
};

struct SystemRelation {
  std::string name;  // queries read it as tailrace.NAME; what the store has under that name, too, comes before these rows
  std::vector<SystemColumn> columns;
  std::function<Result<std::unique_ptr<SystemRows>>()> open;  // from any thread
};

}  // namespace tailrace
