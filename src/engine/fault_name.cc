#include "engine/fault_name.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "base/utf8.h"

namespace tailrace::engine {
namespace {

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool IsWord(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The pointer without its leading slash, with `*` for places in lists.
std::string PathName(std::string_view pointer) {
  std::string path;
  size_t begin = 1;
  while (begin <= pointer.size()) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string_view step = pointer.substr(begin, end - begin);
    bool is_number = !step.empty();
    for (const char c : step) is_number = is_number && IsDigit(c);
    if (!path.empty()) path += '/';
    path += is_number ? std::string_view("*") : step;
    begin = end + 1;
  }
  return path;
}

// Behind a quoted text that begins at `at`; `at` itself when its quote is an apostrophe inside a word, or never ends.
size_t BehindQuoted(std::string_view text, size_t at) {
  const char quote = text[at];
  if (quote == '\'' && at > 0 && IsWord(text[at - 1])) return at;
  for (size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      // An apostrophe of a word inside the text is no end of it.
      if (quote == '\'' && i + 1 < text.size() && IsWord(text[i + 1])) continue;
      return i + 1;
    }
  }
  return at;
}

// "(12,3)" behind the name of a type, which says what was expected and not what was found.
size_t BehindTypeArguments(std::string_view text, size_t at) {
  size_t i = at + 1;
  while (i < text.size() && (IsDigit(text[i]) || text[i] == ',' || text[i] == ' ')) ++i;
  return i < text.size() && text[i] == ')' ? i + 1 : at;
}

std::string WithoutValues(std::string_view text) {
  std::string name;
  size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      const size_t end = BehindQuoted(text, i);
      if (end > i) {
        if (!name.empty() && name.back() == ' ') name.pop_back();
        i = end;
        continue;
      }
    }
    if (c == '(' && i > 0 && IsWord(text[i - 1])) {
      const size_t end = BehindTypeArguments(text, i);
      if (end > i) {
        name += text.substr(i, end - i);
        i = end;
        continue;
      }
    }
    const bool starts_number = IsDigit(c) && (i == 0 || !IsWord(text[i - 1]));
    if (!starts_number) {
      name += c;
      ++i;
      continue;
    }
    if (!name.empty() && name.back() == '-') name.pop_back();
    name += 'N';
    while (i < text.size() && (IsDigit(text[i]) || text[i] == '.' || text[i] == 'e' || text[i] == 'E' ||
                               ((text[i] == '+' || text[i] == '-') && (text[i - 1] == 'e' || text[i - 1] == 'E')))) {
      ++i;
    }
  }
  return name;
}

}  // namespace

std::string FaultName(std::string_view pointer, std::string_view reason) {
  if (!pointer.empty() && reason.substr(0, pointer.size() + 2) == std::string(pointer) + ": ") reason.remove_prefix(pointer.size() + 2);
  std::string name = pointer.empty() ? "" : PathName(pointer) + ": ";
  reason = reason.substr(0, reason.find('\n'));
  // What was expected is of the schema, and stays.
  const size_t found = reason.substr(0, 9) == "expected " ? reason.find(", found ") : 0;
  const size_t values = found == std::string_view::npos ? reason.size() : found;
  name += reason.substr(0, values);
  name += WithoutValues(reason.substr(values));
  return CutText(name, kFaultNameBytesMax);
}

std::string FaultId(std::string_view stage, std::string_view materialization, std::string_view name) {
  // FNV-1a, folded to 32 bits: the same in every run and on every machine.
  uint64_t hash = 14695981039346656037ULL;
  const auto mix = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    hash = (hash ^ 0xFFU) * 1099511628211ULL;
  };
  mix(stage);
  mix(materialization);
  mix(name);
  const auto folded = static_cast<uint32_t>(hash ^ hash >> 32);
  std::string id;
  for (int shift = 28; shift >= 0; shift -= 4) id += "0123456789abcdef"[folded >> shift & 15];
  return id;
}

}  // namespace tailrace::engine
