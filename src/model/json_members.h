// The members of a JSON object, as texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace {

// Names unescaped, values as raw JSON that views `json`. kInvalid: not one JSON object, a name that is there twice, or more than
// `count_max` members.
Result<std::vector<std::pair<std::string, std::string_view>>> JsonMembers(std::string_view json, size_t count_max = SIZE_MAX);

// The text of a JSON string with its quotes; kInvalid: it is none.
Result<std::string> JsonStringValue(std::string_view json);

}  // namespace tailrace
