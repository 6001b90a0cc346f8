// Small texts of queries and of their answers. Only the files of QueryRunner include this header.
#pragma once

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::warehouse {

// Names as SQL compares them, for ASCII.
inline std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

// kInternal: it is none.
inline Result<int64_t> NumberOf(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return Fail(Error::Internal("no number: " + std::string(text)));
  return number;
}

}  // namespace tailrace::warehouse
