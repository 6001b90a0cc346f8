// Rows written in YAML as JSON text.
#pragma once

#include <string>
#include <string_view>

#include "config/yaml.h"
#include "model/schema.h"
#include "sql/duckdb.h"

namespace tailrace::config {

// By the look of each scalar: numbers keep their digits, quoted ones are texts.
std::string JsonByLook(const Node& node);

// As a record of a stream would carry it. A plain scalar is read by the type: 22197 is "22197" where a string belongs.
// What the type cannot read keeps its look, so that a test can send something wrong. Null stays null.
std::string JsonByType(const Node& node, const Type& type);

// The same for the column of a relation, by DuckDB's spelling of its type.
std::string JsonByColumn(const Node& node, std::string_view column_type);

}  // namespace tailrace::config
