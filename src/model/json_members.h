// The members of a JSON object, as texts.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace {

// Names unescaped, values as raw JSON that views `json`. kInvalid: not one JSON object, or a name that is there twice.
Result<std::vector<std::pair<std::string, std::string_view>>> JsonMembers(std::string_view json);

// The text of a JSON string with its quotes; kInvalid: it is none.
Result<std::string> JsonStringValue(std::string_view json);

}  // namespace tailrace
