// Finds calls such as random() in the text of a SELECT, by its words alone.
#include <array>
#include <optional>

#include "sources/generate_source.h"
#include "sql/function_list.h"

namespace tailrace {
namespace {

// Functions that SQL calls without brackets.
constexpr std::array<std::string_view, 5> kBareFunctions = {"current_date", "current_time", "current_timestamp",
                                                            "localtime", "localtimestamp"};

bool IsWordByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return lower;
}

// Behind the text, name or comment that begins at `at`; `at` itself where none begins.
size_t SkipQuoted(std::string_view sql, size_t at) {
  auto behind = [&](std::string_view closing, size_t from) {
    size_t end = sql.find(closing, from);
    return end == std::string_view::npos ? sql.size() : end + closing.size();
  };
  if (sql[at] == '\'') return behind("'", at + 1);
  if (sql.substr(at, 2) == "--") return behind("\n", at);
  if (sql.substr(at, 2) == "/*") return behind("*/", at + 2);
  return at;
}

// Behind the spaces and comments at `at`.
size_t SkipGap(std::string_view sql, size_t at) {
  while (at < sql.size()) {
    size_t behind = sql[at] == '\'' ? at : SkipQuoted(sql, at);
    if (behind == at && IsSpace(sql[at])) ++behind;
    if (behind == at) break;
    at = behind;
  }
  return at;
}

bool IsChanging(std::string_view word, bool is_call) {
  std::string name = Lower(word);
  for (std::string_view bare : kBareFunctions) {
    if (name == bare) return true;
  }
  if (!is_call) return false;
  std::optional<sql::FunctionKind> kind = sql::KindOfFunction(name);
  return kind == sql::FunctionKind::kVolatile || kind == sql::FunctionKind::kNow;
}

}  // namespace

std::string ChangingFunction(std::string_view sql) {
  for (size_t at = 0; at < sql.size();) {
    size_t behind = SkipQuoted(sql, at);
    if (behind > at) {
      at = behind;
      continue;
    }
    size_t end = at;
    while (end < sql.size() && IsWordByte(sql[end])) ++end;
    if (end == at) {
      ++at;
      continue;
    }
    std::string_view word = sql.substr(at, end - at);
    // A quoted name is called like any other.
    size_t next = SkipGap(sql, end < sql.size() && sql[end] == '"' ? end + 1 : end);
    bool is_call = next < sql.size() && sql[next] == '(';
    if (IsChanging(word, is_call)) return std::string(word) + (is_call ? "()" : "");
    at = end;
  }
  return {};
}

}  // namespace tailrace
