#include "model/time_format.h"

#include <array>

#include "model/times.h"

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 2> kHalves = {"AM", "PM"};
constexpr size_t kShortName = 3;
constexpr int kPivotYear = 69;      // POSIX: 69 is 1969, 68 is 2068
constexpr int32_t kEpochWeekday = 4;  // 1970-01-01 was a Thursday

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool StartsWithName(std::string_view text, std::string_view name) {
  if (text.size() < name.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (Lower(text[i]) != Lower(name[i])) return false;
  }
  return true;
}

// Index of the name that `text` begins with, cut off it; -1 when there is none. A whole name is taken before its short
// form.
template <size_t N>
int TakeName(std::string_view* text, const std::array<std::string_view, N>& names) {
  for (size_t length_from_whole = 0; length_from_whole < 2; ++length_from_whole) {
    for (size_t i = 0; i < N; ++i) {
      std::string_view name = length_from_whole == 0 ? names[i] : names[i].substr(0, kShortName);
      if (!StartsWithName(*text, name)) continue;
      text->remove_prefix(name.size());
      return static_cast<int>(i);
    }
  }
  return -1;
}

// One to `digits_max` digits.
bool TakeNumber(std::string_view* text, size_t digits_max, int* value) {
  size_t digits = 0;
  int number = 0;
  while (digits < digits_max && digits < text->size() && (*text)[digits] >= '0' && (*text)[digits] <= '9') {
    number = number * 10 + ((*text)[digits++] - '0');
  }
  text->remove_prefix(digits);
  *value = number;
  return digits > 0;
}

bool TakeFraction(std::string_view* text, int* micros) {
  size_t before = text->size();
  if (!TakeNumber(text, 6, micros)) return false;
  for (size_t digits = before - text->size(); digits < 6; ++digits) *micros *= 10;
  return true;
}

bool TakeOffset(std::string_view* text, int* seconds) {
  if (text->empty()) return false;
  char sign = text->front();
  text->remove_prefix(1);
  if (sign == 'Z' || sign == 'z') return true;
  if (sign != '+' && sign != '-') return false;
  size_t before = text->size();
  int hours = 0;
  int minutes = 0;
  if (!TakeNumber(text, 2, &hours) || before - text->size() != 2) return false;
  if (!text->empty() && text->front() == ':') text->remove_prefix(1);
  before = text->size();
  if (!TakeNumber(text, 2, &minutes) || before - text->size() != 2) return false;
  *seconds = (hours * 3600 + minutes * 60) * (sign == '-' ? -1 : 1);
  return hours < 24 && minutes < 60;
}

bool TakeZone(std::string_view* text) {
  for (std::string_view name : {"UTC", "GMT", "Z"}) {
    if (!StartsWithName(*text, name)) continue;
    text->remove_prefix(name.size());
    return true;
  }
  return false;
}

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void AppendNumber(int value, size_t digits, bool padded, std::string* out) {
  std::string text = std::to_string(value);
  if (padded && text.size() < digits) out->append(digits - text.size(), '0');
  *out += text;
}

}  // namespace

struct TimeFormat::Parsed {
  int year = 1900;
  int month = 1;
  int day = 1;
  int day_of_year = 0;   // 0: not given
  int hour = 0;
  int hour12 = 0;        // 0: not given
  int half = 0;          // 1: PM
  int minute = 0;
  int second = 0;
  int micros = 0;
  int offset_seconds = 0;

  // False when the parts name no real time.
  bool Resolve(std::optional<int32_t>* days) {
    if (hour12 > 0) hour = hour12 % 12 + half * 12;
    if (hour > 23 || minute > 59 || second > 59) return false;
    *days = DaysFromCivil(year, month, day);
    if (day_of_year > 0) {
      std::optional<int32_t> first = DaysFromCivil(year, 1, 1);
      *days = first;
      if (first) *days = *first + day_of_year - 1;
      if (first && CivilFromDays(**days).year != year) return false;
    }
    return days->has_value();
  }
};

Result<TimeFormat> TimeFormat::Compile(std::string_view format) {
  TimeFormat compiled;
  for (size_t i = 0; i < format.size(); ++i) {
    char c = format[i];
    if (IsSpace(c)) {
      compiled.steps_.push_back({Op::kSpace});
    } else if (c != '%') {
      compiled.steps_.push_back({Op::kLiteral, c});
    } else {
      bool padded = i + 1 >= format.size() || format[i + 1] != '-';
      i += padded ? 1 : 2;
      if (i >= format.size())
        return Fail(Error::Invalid("the time format ends in the middle of a directive; a percent sign is %%"));
      TR_RETURN_IF_ERROR(compiled.AddDirective(format[i], padded));
    }
  }
  return compiled;
}

Status TimeFormat::AddDirective(char letter, bool padded) {
  auto add = [&](Op op, char literal = 0) { steps_.push_back({op, literal, padded}); };
  auto add_all = [&](std::initializer_list<Op> parts, char between) {
    for (const Op* op = parts.begin(); op != parts.end(); ++op) {
      if (op != parts.begin()) add(Op::kLiteral, between);
      add(*op);
    }
  };
  switch (letter) {
    case 'Y': add(Op::kYear); break;
    case 'y': add(Op::kShortYear); break;
    case 'm': add(Op::kMonth); break;
    case 'd': add(Op::kDay); break;
    case 'H': add(Op::kHour); break;
    case 'I': add(Op::kHour12); break;
    case 'M': add(Op::kMinute); break;
    case 'S': add(Op::kSecond); break;
    case 'f': add(Op::kFraction); break;
    case 'p': add(Op::kHalf); break;
    case 'b':
    case 'h': add(Op::kMonthName); break;
    case 'B': add(Op::kLongMonthName); break;
    case 'a': add(Op::kDayName); break;
    case 'A': add(Op::kLongDayName); break;
    case 'j': add(Op::kDayOfYear); break;
    case 'z': add(Op::kOffset); break;
    case 'Z': add(Op::kZone); break;
    case 'T': add_all({Op::kHour, Op::kMinute, Op::kSecond}, ':'); break;
    case 'R': add_all({Op::kHour, Op::kMinute}, ':'); break;
    case 'D': add_all({Op::kMonth, Op::kDay, Op::kShortYear}, '/'); break;
    case 'F': add_all({Op::kYear, Op::kMonth, Op::kDay}, '-'); break;
    case '%': add(Op::kLiteral, '%'); break;
    default:
      return Fail(
          Error::Invalid(std::string("%") + letter +
                         " is not a directive of time formats; there are %Y %y %m %d %H %I %M %S %f %p %b %B %a %A %j "
                         "%z %Z %T %R %D %F %%"));
  }
  return {};
}

bool TimeFormat::Parse(std::string_view text, Parsed* parsed) const {
  for (const Step& step : steps_) {
    bool fits = true;
    switch (step.op) {
      case Op::kLiteral:
        fits = !text.empty() && text.front() == step.literal;
        if (fits) text.remove_prefix(1);
        break;
      case Op::kSpace:
        fits = !text.empty() && IsSpace(text.front());
        while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
        break;
      case Op::kYear: {
        size_t before = text.size();
        fits = TakeNumber(&text, 4, &parsed->year) && before - text.size() == 4;
        break;
      }
      case Op::kShortYear:
        fits = TakeNumber(&text, 2, &parsed->year);
        parsed->year += parsed->year < kPivotYear ? 2000 : 1900;
        break;
      case Op::kMonth: fits = TakeNumber(&text, 2, &parsed->month); break;
      case Op::kDay: fits = TakeNumber(&text, 2, &parsed->day); break;
      case Op::kHour: fits = TakeNumber(&text, 2, &parsed->hour); break;
      case Op::kHour12:
        fits = TakeNumber(&text, 2, &parsed->hour12) && parsed->hour12 >= 1 && parsed->hour12 <= 12;
        break;
      case Op::kMinute: fits = TakeNumber(&text, 2, &parsed->minute); break;
      case Op::kSecond: fits = TakeNumber(&text, 2, &parsed->second); break;
      case Op::kFraction: fits = TakeFraction(&text, &parsed->micros); break;
      case Op::kHalf: fits = (parsed->half = TakeName(&text, kHalves)) >= 0; break;
      case Op::kMonthName:
      case Op::kLongMonthName: fits = (parsed->month = TakeName(&text, kMonths) + 1) > 0; break;
      case Op::kDayName:
      case Op::kLongDayName: fits = TakeName(&text, kWeekdays) >= 0; break;
      case Op::kDayOfYear: fits = TakeNumber(&text, 3, &parsed->day_of_year) && parsed->day_of_year > 0; break;
      case Op::kOffset: fits = TakeOffset(&text, &parsed->offset_seconds); break;
      case Op::kZone: fits = TakeZone(&text); break;
    }
    if (!fits) return false;
  }
  return text.empty();
}

std::optional<int64_t> TimeFormat::ParseTimestamp(std::string_view text) const {
  Parsed parsed;
  std::optional<int32_t> days;
  if (!Parse(text, &parsed) || !parsed.Resolve(&days)) return std::nullopt;
  int64_t seconds = parsed.hour * 3600 + parsed.minute * 60 + parsed.second - parsed.offset_seconds;
  int64_t micros = *days * kMicrosPerDay + seconds * kMicrosPerSecond + parsed.micros;
  if (!IsTimestampInRange(micros)) return std::nullopt;
  return micros;
}

std::optional<int32_t> TimeFormat::ParseDate(std::string_view text) const {
  Parsed parsed;
  std::optional<int32_t> days;
  if (!Parse(text, &parsed) || !parsed.Resolve(&days)) return std::nullopt;
  return days;
}

void TimeFormat::Append(int64_t micros, std::string* out) const {
  int64_t day = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  int64_t of_day = micros - day * kMicrosPerDay;
  int seconds = static_cast<int>(of_day / kMicrosPerSecond);
  int hour = seconds / 3600;
  CivilDate date = CivilFromDays(static_cast<int32_t>(day));
  std::string_view month = kMonths[static_cast<size_t>(date.month - 1)];
  std::string_view weekday = kWeekdays[static_cast<size_t>(((day + kEpochWeekday) % 7 + 7) % 7)];
  for (const Step& step : steps_) {
    switch (step.op) {
      case Op::kLiteral: out->push_back(step.literal); break;
      case Op::kSpace: out->push_back(' '); break;
      case Op::kYear: AppendNumber(date.year, 4, true, out); break;
      case Op::kShortYear: AppendNumber(date.year % 100, 2, step.padded, out); break;
      case Op::kMonth: AppendNumber(date.month, 2, step.padded, out); break;
      case Op::kDay: AppendNumber(date.day, 2, step.padded, out); break;
      case Op::kHour: AppendNumber(hour, 2, step.padded, out); break;
      case Op::kHour12: AppendNumber(hour % 12 == 0 ? 12 : hour % 12, 2, step.padded, out); break;
      case Op::kMinute: AppendNumber(seconds / 60 % 60, 2, step.padded, out); break;
      case Op::kSecond: AppendNumber(seconds % 60, 2, step.padded, out); break;
      case Op::kFraction: AppendNumber(static_cast<int>(of_day % kMicrosPerSecond), 6, true, out); break;
      case Op::kHalf: *out += kHalves[hour >= 12 ? 1 : 0]; break;
      case Op::kMonthName: *out += month.substr(0, kShortName); break;
      case Op::kLongMonthName: *out += month; break;
      case Op::kDayName: *out += weekday.substr(0, kShortName); break;
      case Op::kLongDayName: *out += weekday; break;
      case Op::kDayOfYear:
        AppendNumber(static_cast<int>(day - DaysFromCivil(date.year, 1, 1).value_or(0)) + 1, 3, step.padded, out);
        break;
      case Op::kOffset: *out += "+0000"; break;
      case Op::kZone: *out += "UTC"; break;
    }
  }
}

}  // namespace tailrace
