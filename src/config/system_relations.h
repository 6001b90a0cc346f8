// The relations that every pipeline has beside its own, read as tailrace.NAME by views, apis, queries and tests: one table of their names
// and columns, which `check` and the stores both go by.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/duckdb.h"

namespace tailrace::config {

inline constexpr std::string_view kSystemSchema = "tailrace";

struct SystemRelationSpec {
  std::string name;                        // without the schema
  std::vector<sql::ResultColumn> columns;  // types in DuckDB's spelling
};

const std::vector<SystemRelationSpec>& SystemRelationTable();

// Whether the name, as SQL writes it, is of their schema.
bool IsSystemName(std::string_view name);

// By the whole name, case aside; null: there is no such relation.
const SystemRelationSpec* FindSystemRelation(std::string_view name);

// "tailrace.audit" of all.
std::vector<std::string> SystemRelationNames();

}  // namespace tailrace::config
