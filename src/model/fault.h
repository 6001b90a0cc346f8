// Why a record was refused, in terms of its own data.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tailrace {

struct Fault {
  std::string pointer;   // JSON pointer (RFC 6901) to the place, "" for the whole record
  std::string expected;  // "decimal(12,3)", "a JSON object", "no field of this name"
  std::string found;     // "string \"abc\"", "null", "nothing"; long values are cut
  bool malformed = false;  // the text is no JSON at all, which for a JSON body is a mistake of the whole request
  size_t byte = 0;         // malformed: where in the text
  std::string Reason() const;   // "expected decimal(12,3), found string \"abc\""
  std::string Message() const;  // "/UnitPrice: expected decimal(12,3), found string \"abc\""
};

// One step of a JSON pointer in front of it, escaped: `/` and the name.
std::string PointerStep(std::string_view name);

}  // namespace tailrace
