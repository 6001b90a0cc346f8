// DuckDB's messages in the words of ours, where there are better ones.
#pragma once

#include <string>

namespace tailrace::config {

// Unknown columns and functions name the nearest; anything else stays as it is.
std::string ExplainSqlError(const std::string& message);

}  // namespace tailrace::config
