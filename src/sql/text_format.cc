#include "sql/text_format.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <limits>

namespace tailrace::sql {
namespace {

constexpr int64_t kSecondsOfDay = 86'400;
constexpr int64_t kMonthsOfYear = 12;

struct CivilDate {
  int64_t year;
  unsigned month;
  unsigned day;
};

// Howard Hinnant's civil_from_days: days since 1970-01-01 in the proleptic Gregorian calendar.
CivilDate CivilOf(int64_t days) {
  constexpr int64_t kDaysOfEra = 146'097;
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - (kDaysOfEra - 1)) / kDaysOfEra;
  const auto of_era = static_cast<unsigned>(days - era * kDaysOfEra);
  const unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_index = (5 * of_year + 2) / 153;
  const unsigned day = of_year - (153 * month_index + 2) / 5 + 1;
  const unsigned month = month_index < 10 ? month_index + 3 : month_index - 9;
  return {static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month, day};
}

void AppendTwo(unsigned value, std::string* out) {
  out->push_back(static_cast<char>('0' + value / 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

void AppendCivil(int64_t days, std::string* out) {
  const CivilDate date = CivilOf(days);
  if (date.year >= 0 && date.year <= 9999) {
    AppendTwo(static_cast<unsigned>(date.year / 100), out);
    AppendTwo(static_cast<unsigned>(date.year % 100), out);
  } else {
    fmt::format_to(std::back_inserter(*out), "{:+05}", date.year);
  }
  out->push_back('-');
  AppendTwo(date.month, out);
  out->push_back('-');
  AppendTwo(date.day, out);
}

// Of a second, in ticks; nothing when it is 0.
void AppendFraction(int64_t ticks, int64_t ticks_per_second, std::string* out) {
  if (ticks == 0) return;
  out->push_back('.');
  while (ticks > 0) {
    ticks_per_second /= 1000;
    fmt::format_to(std::back_inserter(*out), "{:03}", ticks / ticks_per_second);
    ticks %= ticks_per_second;
  }
}

int64_t FloorDivide(int64_t value, int64_t by) {
  const int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

}  // namespace

void AppendUInt128(UInt128 value, std::string* out) {
  std::array<char, 40> digits;
  size_t at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + static_cast<int>(value % 10));
    value /= 10;
  } while (value != 0);
  out->append(digits.data() + at, digits.size() - at);
}

void AppendInt128(Int128 value, std::string* out) {
  if (value >= std::numeric_limits<int64_t>::min() && value <= std::numeric_limits<int64_t>::max()) {
    fmt::format_int digits(static_cast<int64_t>(value));
    out->append(digits.data(), digits.size());
    return;
  }
  if (value < 0) out->push_back('-');
  const auto magnitude = static_cast<UInt128>(value);
  AppendUInt128(value < 0 ? UInt128{0} - magnitude : magnitude, out);
}

void AppendBase64(std::string_view bytes, std::string* out) {
  static constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k) group = group << 8U | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k) out->push_back(k <= count ? kDigits[group >> (18 - 6 * k) & 63U] : '=');
  }
}

void AppendIsoDate(int32_t days, std::string* out) {
  if (days == std::numeric_limits<int32_t>::max()) {
    out->append("infinity");
  } else if (days == -std::numeric_limits<int32_t>::max()) {
    out->append("-infinity");
  } else {
    AppendCivil(days, out);
  }
}

void AppendTimeOfDay(int64_t ticks, int64_t ticks_per_second, std::string* out) {
  const int64_t seconds = ticks / ticks_per_second;
  AppendTwo(static_cast<unsigned>(seconds / 3600), out);
  out->push_back(':');
  AppendTwo(static_cast<unsigned>(seconds / 60 % 60), out);
  out->push_back(':');
  AppendTwo(static_cast<unsigned>(seconds % 60), out);
  AppendFraction(ticks % ticks_per_second, ticks_per_second, out);
}

void AppendRfc3339(int64_t ticks, int64_t ticks_per_second, std::string* out) {
  if (ticks == std::numeric_limits<int64_t>::max()) {
    out->append("infinity");
    return;
  }
  if (ticks == -std::numeric_limits<int64_t>::max()) {
    out->append("-infinity");
    return;
  }
  const int64_t ticks_of_day = kSecondsOfDay * ticks_per_second;
  const int64_t days = FloorDivide(ticks, ticks_of_day);
  AppendCivil(days, out);
  out->push_back('T');
  AppendTimeOfDay(ticks - days * ticks_of_day, ticks_per_second, out);
  out->push_back('Z');
}

void AppendUtcOffset(int32_t seconds, std::string* out) {
  out->push_back(seconds < 0 ? '-' : '+');
  const auto size = static_cast<unsigned>(std::abs(seconds));
  AppendTwo(size / 3600, out);
  out->push_back(':');
  AppendTwo(size / 60 % 60, out);
  if (size % 60 == 0) return;
  out->push_back(':');
  AppendTwo(size % 60, out);
}

void AppendIsoDuration(int32_t months, int32_t days, int64_t micros, std::string* out) {
  constexpr int64_t kMicrosOfSecond = 1'000'000;
  const auto part = [&](int64_t value, char unit) {
    if (value != 0) fmt::format_to(std::back_inserter(*out), "{}{}", value, unit);
  };
  out->push_back('P');
  part(months / kMonthsOfYear, 'Y');
  part(months % kMonthsOfYear, 'M');
  part(days, 'D');
  if (micros == 0) {
    if (months == 0 && days == 0) out->append("T0S");
    return;
  }
  out->push_back('T');
  const int64_t seconds = micros / kMicrosOfSecond;
  part(seconds / 3600, 'H');
  part(seconds / 60 % 60, 'M');
  const int64_t rest = micros % (60 * kMicrosOfSecond);
  if (rest == 0) return;
  if (rest < 0) out->push_back('-');
  fmt::format_to(std::back_inserter(*out), "{}", std::abs(rest) / kMicrosOfSecond);
  AppendFraction(std::abs(rest) % kMicrosOfSecond, kMicrosOfSecond, out);
  out->push_back('S');
}

}  // namespace tailrace::sql
