// Lengths of time as people write them on a command line: 90d, 24h, 30m, 45s.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::app {

inline constexpr std::chrono::hours kDurationMax{24 * 36'500};  // a hundred years

// kInvalid: anything else, nothing, or more than kDurationMax.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace tailrace::app
