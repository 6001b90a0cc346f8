#include "config/tile_title.h"

#include <cctype>

namespace tailrace::config {
namespace {

bool IsUpper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool IsLower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }
char Lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

std::string ReadableName(std::string_view name) {
  std::string readable;
  for (size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '_' || c == ' ') {
      if (!readable.empty() && readable.back() != ' ') readable += ' ';
      continue;
    }
    const bool after_lower = i > 0 && IsLower(name[i - 1]);
    const bool before_lower = i + 1 < name.size() && IsLower(name[i + 1]);
    if (IsUpper(c) && after_lower) readable += ' ';
    // Letters that stand together are an abbreviation, as in customerID.
    readable += IsUpper(c) && before_lower && after_lower ? Lower(c) : c;
  }
  while (readable.ends_with(' ')) readable.pop_back();
  if (!readable.empty()) readable[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(readable[0])));
  return readable;
}

}  // namespace tailrace::config
