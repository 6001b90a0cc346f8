#include "config/sql_messages.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "config/nearest.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kColumn = "Referenced column \"";
constexpr std::string_view kNotInFrom = "\" not found in FROM clause!";
constexpr std::string_view kTable = "Table \"";
constexpr std::string_view kNotInTable = "\" does not have a column named \"";
constexpr std::string_view kFunction = " Function with name ";
constexpr std::string_view kMissing = " does not exist!";
constexpr std::string_view kMeant = "Did you mean \"";

// What stands in quotes from `from` on.
std::vector<std::string> QuotedWords(std::string_view text) {
  std::vector<std::string> words;
  for (size_t open = text.find('"'); open != std::string_view::npos; open = text.find('"', open)) {
    const size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) break;
    words.emplace_back(text.substr(open + 1, close - open - 1));
    open = close + 1;
  }
  return words;
}

std::string UnknownColumn(std::string_view name, std::string_view where, std::string_view rest) {
  return "there is no column \"" + std::string(name) + "\"" + std::string(where) + Suggestion(name, QuotedWords(rest));
}

}  // namespace

std::string ExplainSqlError(const std::string& message) {
  const std::string_view text = message;
  const size_t end_of_column = text.find(kNotInFrom);
  if (text.starts_with(kColumn) && end_of_column != std::string_view::npos) {
    return UnknownColumn(text.substr(kColumn.size(), end_of_column - kColumn.size()), "",
                         text.substr(end_of_column + kNotInFrom.size()));
  }
  const size_t end_of_table = text.find(kNotInTable);
  if (text.starts_with(kTable) && end_of_table != std::string_view::npos) {
    const size_t name = end_of_table + kNotInTable.size();
    const size_t end_of_name = std::min(text.find('"', name), text.size());
    const std::string table(text.substr(kTable.size(), end_of_table - kTable.size()));
    return UnknownColumn(text.substr(name, end_of_name - name), " in \"" + table + "\"", text.substr(std::min(end_of_name + 1, text.size())));
  }
  const size_t function = text.find(kFunction);
  const size_t missing = text.find(kMissing);
  if (function != std::string_view::npos && missing != std::string_view::npos && missing > function) {
    const size_t name = function + kFunction.size();
    std::string explained = "there is no function " + std::string(text.substr(name, missing - name));
    const size_t meant = text.find(kMeant);
    if (meant == std::string_view::npos) return explained;
    const std::vector<std::string> words = QuotedWords(text.substr(meant));
    return words.empty() ? explained : explained + " (did you mean " + words.front() + "?)";
  }
  return message;
}

}  // namespace tailrace::config
