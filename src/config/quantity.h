// Sizes and durations as people write them: 64MiB, 8GB, 30s, 24h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace::config {

// Bytes of `64MiB`, `8GB` (powers of ten), `512` (bytes), `1.5GiB`. Nullopt: none, or beyond 64 bits.
std::optional<int64_t> ParseSize(std::string_view text);
// Milliseconds of `30s`, `500ms`, `5m`, `24h`, `7d`. Nullopt: none, or beyond 64 bits.
std::optional<int64_t> ParseDuration(std::string_view text);

// The shortest text that the parsers read as exactly this: `64MiB`, `1000`; `30s`, `1500ms`.
std::string SizeText(int64_t bytes);
std::string DurationText(int64_t milliseconds);

inline constexpr std::string_view kSizePattern = "^[0-9]+(\\.[0-9]+)?(B|[KMGT]i?B)?$";
inline constexpr std::string_view kDurationPattern = "^[0-9]+(\\.[0-9]+)?(ms|s|m|h|d)$";

bool IsSize(std::string_view text);
bool IsDuration(std::string_view text);

}  // namespace tailrace::config
