// The five fields of a cron line, as what the clocks on the wall must show.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace tailrace::schedule {

inline constexpr size_t kCronBytesMax = 1000;

// `minute hour day-of-month month day-of-week`, each `*` or a list of numbers, ranges and steps (`*/15`, `8-18/2`, `1,15`); months and
// days of the week also by name (`JAN`, `MON`); Sunday is 0 and 7. When both days are given (neither begins with `*`), one of them is
// enough. Or `@yearly`, `@annually`, `@monthly`, `@weekly`, `@daily`, `@midnight`, `@hourly`.
class Cron {
 public:
  // kInvalid: which field is wrong, and how; also a day that never comes (30 February).
  static Result<Cron> Parse(std::string_view text);

  // The first minute in [from, end) that fits. Both in seconds of local time since 1970-01-01T00:00:00.
  std::optional<int64_t> First(int64_t from_s, int64_t end_s) const;

  // The hours begin with `*`: it means all through the day, not certain times of it.
  bool all_through_the_day() const { return all_through_the_day_; }

 private:
  static Result<Cron> ParseFields(std::string_view text);
  bool DayFits(int32_t days) const;
  bool AnyDayFits() const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;    // of the month, from 1
  std::bitset<13> months_;  // from 1
  std::bitset<8> weekdays_; // from 0, Sunday; 7 is folded into 0
  bool any_day_ = false;      // the field began with `*`
  bool any_weekday_ = false;
  bool all_through_the_day_ = false;
};

}  // namespace tailrace::schedule
