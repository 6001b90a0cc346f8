#include "schedule/template.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "model/times.h"

namespace tailrace::schedule {
namespace {

constexpr int64_t kDay = 86'400;
constexpr int kMonthsPerYear = 12;
// Days, and likewise months and hours, that a move goes at most: farther than years 1 to 9999 are apart, and nothing overflows.
constexpr int64_t kMoveMax = 10'000'000;
constexpr int kWeekdayOfEpoch = 4;

constexpr std::array<std::string_view, 12> kMonths = {"January", "February", "March", "April", "May", "June",
                                                      "July", "August", "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kWeekdays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool IsNameByte(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// A time as its parts on the walls of a zone.
struct LocalTime {
  LocalTime(WallTime time, const TimeZone& zone) {
    utc_s = FloorDivide(time.micros, kMicrosPerSecond);
    millis = (time.micros - utc_s * kMicrosPerSecond) / 1000;
    offset_s = zone.SpanAt(utc_s).offset_s;
    const int64_t local_s = utc_s + offset_s;
    days = static_cast<int32_t>(FloorDivide(local_s, kDay));
    date = CivilFromDays(days);
    second = local_s - days * kDay;
  }
  int64_t utc_s = 0;
  int64_t millis = 0;
  int64_t offset_s = 0;
  int32_t days = 0;
  CivilDate date;
  int64_t second = 0;  // of the day
};

std::string OffsetText(int64_t offset_s) {
  const int64_t minutes = std::abs(offset_s) / 60;
  return fmt::format("{}{:02}{:02}", offset_s < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

bool AppendPart(char letter, const LocalTime& at, std::string* out) {
  const std::string_view month = kMonths[static_cast<size_t>(at.date.month - 1)];
  const std::string_view weekday = kWeekdays[static_cast<size_t>((at.days % 7 + 7 + kWeekdayOfEpoch) % 7)];
  switch (letter) {
    case 'Y': *out += fmt::format("{:04}", at.date.year); return true;
    case 'y': *out += fmt::format("{:02}", at.date.year % 100); return true;
    case 'm': *out += fmt::format("{:02}", at.date.month); return true;
    case 'd': *out += fmt::format("{:02}", at.date.day); return true;
    case 'e': *out += fmt::format("{:2}", at.date.day); return true;
    case 'j': *out += fmt::format("{:03}", at.days - *DaysFromCivil(at.date.year, 1, 1) + 1); return true;
    case 'H': *out += fmt::format("{:02}", at.second / 3600); return true;
    case 'M': *out += fmt::format("{:02}", at.second / 60 % 60); return true;
    case 'S': *out += fmt::format("{:02}", at.second % 60); return true;
    case 'L': *out += fmt::format("{:03}", at.millis); return true;
    case 'B': *out += month; return true;
    case 'b': *out += month.substr(0, 3); return true;
    case 'A': *out += weekday; return true;
    case 'a': *out += weekday.substr(0, 3); return true;
    case 's': *out += std::to_string(at.utc_s); return true;
    case 'z': *out += OffsetText(at.offset_s); return true;
    case 'F': return AppendPart('Y', at, out) && AppendPart('-', at, out) && AppendPart('m', at, out) && AppendPart('-', at, out) && AppendPart('d', at, out);
    case 'T': return AppendPart('H', at, out) && AppendPart(':', at, out) && AppendPart('M', at, out) && AppendPart(':', at, out) && AppendPart('S', at, out);
    case '%': case '-': case ':': *out += letter; return true;
    default: return false;
  }
}

}  // namespace

Result<std::string> FormatTime(WallTime time, std::string_view format, const TimeZone& zone) {
  if (!IsTimestampInRange(time.micros)) return Fail(Error::Invalid("the time is not in the years 1 to 9999"));
  const LocalTime at(time, zone);
  std::string out;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    const bool is_known = i + 1 < format.size() && format[i + 1] != '-' && format[i + 1] != ':' && AppendPart(format[i + 1], at, &out);
    if (!is_known) {
      return Fail(Error::Invalid("\"" + std::string(format.substr(i, 2)) +
                                 "\" is no part of a time: there are %Y %m %d %H %M %S %y %j %b %B %a %A %e %F %T %s %L %z %%"));
    }
    ++i;
  }
  return out;
}

Status Template::ParseMove(std::string_view text, Move* move) {
  while (!text.empty()) {
    const bool is_back = text[0] == '-';
    const size_t end = std::min(text.find_first_of("+-", 1), text.size());
    const std::string_view item = text.substr(1, end - 1);
    int64_t number = 0;
    const auto [unit_at, error] = std::from_chars(item.data(), item.data() + item.size(), number);
    const std::string_view unit(unit_at, static_cast<size_t>(item.data() + item.size() - unit_at));
    if (error != std::errc() || number < 0 || item.empty() || item[0] == '-') {
      return Fail(Error::Invalid("\"" + std::string(text.substr(0, end)) + "\" is not a move such as +30d or -1h"));
    }
    number = std::min(number, kMoveMax * 3600 + 1);
    if (is_back) number = -number;
    if (unit == "s") move->seconds += number;
    else if (unit == "m") move->seconds += number * 60;
    else if (unit == "h") move->seconds += number * 3600;
    else if (unit == "d") move->days += number;
    else if (unit == "w") move->days += number * 7;
    else if (unit == "mo") move->months += number;
    else if (unit == "y") move->months += number * kMonthsPerYear;
    else return Fail(Error::Invalid("\"" + std::string(text.substr(0, end)) + "\" has no unit: there are s, m, h, d, w, mo, y"));
    if (std::abs(move->days) > kMoveMax || std::abs(move->months) > kMoveMax || std::abs(move->seconds) > kMoveMax * 3600) {
      return Fail(Error::Invalid("\"" + std::string(text.substr(0, end)) + "\" moves too far"));
    }
    text.remove_prefix(end);
  }
  return {};
}

Result<Template::Slot> Template::ParseSlot(std::string_view text) {
  Slot slot;
  const size_t name_end = static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsNameByte) - text.begin());
  slot.name = std::string(text.substr(0, name_end));
  if (slot.name.empty()) return Fail(Error::Invalid("there is no name after {; a brace itself is written {{"));
  const size_t colon = text.find(':', name_end);
  const std::string_view move = text.substr(name_end, colon == std::string_view::npos ? colon : colon - name_end);
  if (!move.empty() && move[0] != '+' && move[0] != '-') {
    return Fail(Error::Invalid("\"" + std::string(text) + "\" is not a name, a move such as +30d and a format such as :%Y-%m-%d"));
  }
  TR_RETURN_IF_ERROR(ParseMove(move, &slot.move));
  slot.is_time = !move.empty() || colon != std::string_view::npos;
  if (colon == std::string_view::npos) return slot;
  slot.format = std::string(text.substr(colon + 1));
  if (slot.format.empty()) return Fail(Error::Invalid("there is no format after the colon"));
  TR_RETURN_IF_ERROR(FormatTime({}, slot.format, {}));
  return slot;
}

Result<Template> Template::Parse(std::string_view text) {
  if (text.size() > kTemplateBytesMax) return Fail(Error::Exhausted("the text is longer than 1 MiB"));
  Template parsed;
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c != '{' && c != '}') {
      plain += c;
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == c) {
      plain += c;
      ++i;
      continue;
    }
    const std::string where = "at byte " + std::to_string(i + 1);
    const size_t end = text.find('}', i);
    if (c == '}') return Fail(Error::Invalid(where + ": a brace that closes nothing; a brace itself is written }}"));
    if (end == std::string_view::npos) return Fail(Error::Invalid(where + ": a brace that is not closed; a brace itself is written {{"));
    auto slot = ParseSlot(text.substr(i + 1, end - i - 1));
    if (!slot) return Fail(slot.error().With(where));
    if (!plain.empty()) parsed.parts_.emplace_back(std::exchange(plain, {}));
    parsed.parts_.emplace_back(std::move(*slot));
    i = end;
  }
  if (!plain.empty()) parsed.parts_.emplace_back(std::move(plain));
  return parsed;
}

std::vector<std::string> Template::Names(bool is_time) const {
  std::vector<std::string> names;
  for (const Part& part : parts_) {
    const auto* slot = std::get_if<Slot>(&part);
    if (slot == nullptr || slot->is_time != is_time) continue;
    if (std::find(names.begin(), names.end(), slot->name) == names.end()) names.push_back(slot->name);
  }
  return names;
}

std::optional<WallTime> Template::Moved(WallTime time, const Move& move, const TimeZone& zone) {
  if (move.days != 0 || move.months != 0) {
    const LocalTime at(time, zone);
    const int64_t months = at.date.year * static_cast<int64_t>(kMonthsPerYear) + at.date.month - 1 + move.months;
    const int year = static_cast<int>(FloorDivide(months, kMonthsPerYear));
    if (!DaysFromCivil(year, 1, 1)) return std::nullopt;
    const int month = static_cast<int>(months - FloorDivide(months, kMonthsPerYear) * kMonthsPerYear) + 1;
    int day = at.date.day;
    while (!DaysFromCivil(year, month, day)) --day;
    const int64_t local_s = (*DaysFromCivil(year, month, day) + move.days) * kDay + at.second;
    time.micros += (zone.InstantOf(local_s) - at.utc_s) * kMicrosPerSecond;
  }
  time.micros += move.seconds * kMicrosPerSecond;
  return IsTimestampInRange(time.micros) ? std::optional(time) : std::nullopt;
}

Result<std::string> Template::Render(const TemplateValues& values) const {
  std::string out;
  for (const Part& part : parts_) {
    if (const auto* plain = std::get_if<std::string>(&part)) {
      out += *plain;
      continue;
    }
    const auto& slot = std::get<Slot>(part);
    const auto text = values.texts.find(slot.name);
    const auto time = values.times.find(slot.name);
    if (!slot.is_time && text != values.texts.end()) {
      out += text->second;
      continue;
    }
    if (time == values.times.end()) return Fail(Error::Invalid("{" + slot.name + "} has no value here"));
    const auto moved = Moved(time->second, slot.move, values.zone);
    if (!moved) return Fail(Error::Invalid("{" + slot.name + "} is not in the years 1 to 9999"));
    if (slot.format.empty()) {
      AppendRfc3339(moved->micros, &out);
      continue;
    }
    TR_TRY(const std::string written, FormatTime(*moved, slot.format, values.zone));
    out += written;
  }
  return out;
}

}  // namespace tailrace::schedule
