// What a query of the file is asked with, and what it answers.
#pragma once

#include <optional>
#include <string>

#include "model/schema.h"

namespace tailrace::config {

struct ParamSpec {  // `int = 10 max 100`
  std::string name;
  Type type;
  std::optional<std::string> default_value;
  std::optional<std::string> min;
  std::optional<std::string> max;
  bool required = true;
};

struct ColumnSpec {
  std::string name;
  std::string type;  // DuckDB's spelling
};

}  // namespace tailrace::config
