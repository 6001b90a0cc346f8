// The words of a SQL text outside its strings and comments: for hints and for places, where no syntax tree is needed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace::config {

struct SqlWord {
  std::string text;  // of a quoted identifier without its quotes; of $name without the $
  size_t position = 0;
  int depth = 0;  // open brackets before it
  bool quoted = false;
  bool parameter = false;  // $name
  bool called = false;     // a bracket follows
  bool is_label = false;   // after AS or a dot: a name whatever it looks like
};

// Takes DuckDB's spelling: '...', E'...', "...", $tag$...$tag$, -- and nested /* */.
std::vector<SqlWord> SqlWords(std::string_view sql);

// Case does not count; never a quoted identifier, a parameter or a label.
bool IsKeyword(const SqlWord& word, std::string_view keyword);

}  // namespace tailrace::config
