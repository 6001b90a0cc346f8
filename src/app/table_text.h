// A query's answer for people (aligned), for pipes (tabs), or as CSV.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/json_value.h"

namespace tailrace::app {

struct QueryAnswer {
  struct Column {
    std::string name;
    std::string type;
  };
  std::vector<Column> columns;
  std::vector<std::vector<JsonValue>> rows;
  bool truncated = false;
};

// Line breaks as \n, other control characters as `?`: data is never a command to a terminal.
std::string OneLine(std::string_view text);

// Columns padded to their widest cell, numbers to the right; a line longer than `width_max` loses its end. No trailing
// blanks.
std::string AlignedTable(const QueryAnswer& answer, size_t width_max);

// A line a row, columns between tabs; tabs, line breaks and backslashes of cells as \t, \n, \r, \\ (what PostgreSQL's
// COPY writes).
std::string TabbedTable(const QueryAnswer& answer);

// RFC 4180 with a header; null is nothing.
std::string CsvTable(const QueryAnswer& answer);

// [{"column": value}, ...]
std::string JsonTable(const QueryAnswer& answer);

}  // namespace tailrace::app
