// What the SQL of a file means: what it reads, what it answers, whether it can be kept up to date.
#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "config/reading.h"
#include "sql/duckdb.h"

namespace tailrace::config {

// Columns by name of relation and of api; those that are broken are not here.
struct SqlColumns {
  std::map<std::string, std::vector<sql::ResultColumn>> relations;
  std::map<std::string, std::vector<sql::ResultColumn>> apis;
};

// Completes tables, views, collections and apis of reading.pipeline and tells what is wrong with their SQL, at its
// place. `stop` ends it between two texts, or in the midst of one where DuckDB heeds it; what is not checked by then is told in one line.
SqlColumns CheckSql(Reading& reading, const std::stop_token& stop);

}  // namespace tailrace::config
