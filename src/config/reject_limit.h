// How many dead letters a stream may get: `5% of 10m`, `1000 of 1h`, `1000`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::config {

struct RejectLimit {
  std::optional<double> percent;  // of all records of the window; else `count` of them
  int64_t count = 0;
  int64_t window_ms = 0;          // 0: no window; all that are open count
  bool pauses = false;            // over it, what brings records is held up
  std::string text;               // as it is written
};

// Nullopt: no such text. A share needs a window.
std::optional<RejectLimit> ParseRejectLimit(std::string_view text);

inline constexpr std::string_view kRejectLimitPattern =
    "^([0-9]+(\\.[0-9]+)?% of [0-9]+(\\.[0-9]+)?(ms|s|m|h|d)|[0-9]+( of [0-9]+(\\.[0-9]+)?(ms|s|m|h|d))?)$";

bool IsRejectLimit(std::string_view text);

}  // namespace tailrace::config
