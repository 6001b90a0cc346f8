// Times in a format of the user's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace {

// A strptime format, compiled once. Directives: %Y %y %m %d %H %I %M %S %f %p %b %B %h %a %A %j %z %Z %T %D %F %R %%,
// and `%-d` and the like; other characters stand for themselves, and a space for any number of spaces. Numbers may lack
// leading zeros (as strptime takes them). Fields that the format does not name are those of 1900-01-01T00:00:00.
// Values: copyable. Threads: Parse and Append may run in many at once.
class TimeFormat {
 public:
  // kInvalid: an unknown directive, with the ones there are.
  static Result<TimeFormat> Compile(std::string_view format);

  // Nullopt when `text` does not follow the format or names no real time.
  std::optional<int64_t> ParseTimestamp(std::string_view text) const;

  // As ParseTimestamp, but the day as written: a time and an offset in the text are checked and dropped.
  std::optional<int32_t> ParseDate(std::string_view text) const;

  // Writes the time as strftime would (leading zeros, English names, UTC).
  void Append(int64_t micros, std::string* out) const;

 private:
  enum class Op : uint8_t {
    kLiteral, kSpace, kYear, kShortYear, kMonth, kDay, kHour, kHour12, kMinute, kSecond, kFraction, kHalf,
    kMonthName, kLongMonthName, kDayName, kLongDayName, kDayOfYear, kOffset, kZone
  };
  struct Step {
    Op op;
    char literal = 0;
    bool padded = true;   // `%-d` writes no leading zero
  };
  struct Parsed;

  Status AddDirective(char letter, bool padded);
  bool Parse(std::string_view text, Parsed* parsed) const;

  std::vector<Step> steps_;
};

}  // namespace tailrace
