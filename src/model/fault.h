// Why a record was refused, in terms of its own data.
#pragma once

#include <string>

namespace tailrace {

struct Fault {
  std::string pointer;   // JSON pointer (RFC 6901) to the place, "" for the whole record
  std::string expected;  // "decimal(12,3)", "a JSON object", "no field of this name"
  std::string found;     // "string \"abc\"", "null", "nothing"; long values are cut
  std::string Message() const;  // "/UnitPrice: expected decimal(12,3), found string \"abc\""
};

}  // namespace tailrace
