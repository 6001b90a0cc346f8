// Dates and times as text, read and written by our own code: exact, without locale, the same at the door and at every
// replay. Calendar: proleptic Gregorian, years 1 to 9999. A time without an offset is UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace {

inline constexpr int64_t kMicrosPerSecond = 1'000'000;
inline constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// Days since 1970-01-01; nullopt when there is no such day.
std::optional<int32_t> DaysFromCivil(int year, int month, int day);

struct CivilDate {
  int year = 1970;
  int month = 1;
  int day = 1;
};
CivilDate CivilFromDays(int32_t days);

// True for the micros since the epoch that lie in years 1 to 9999: those that can be written as RFC 3339.
bool IsTimestampInRange(int64_t micros);

// Micros since the epoch of `2010-12-01T08:26[:00[.000000]][Z|+01:00|+0100|+01]`, with `T`, `t` or a space between.
// Digits of the fraction beyond the sixth must be zero.
std::optional<int64_t> ParseRfc3339(std::string_view text);

// Days since the epoch of `2010-12-01`.
std::optional<int32_t> ParseIsoDate(std::string_view text);

// Appends `2010-12-01T08:26:00Z`, with as many digits of a fraction as are needed.
void AppendRfc3339(int64_t micros, std::string* out);

// Appends `2010-12-01`.
void AppendIsoDate(int32_t days, std::string* out);

}  // namespace tailrace
