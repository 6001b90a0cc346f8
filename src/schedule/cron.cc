#include "schedule/cron.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include "model/times.h"

namespace tailrace::schedule {
namespace {

constexpr int64_t kMinute = 60;
constexpr int64_t kDay = 86'400;
constexpr int kMinutesPerHour = 60;
constexpr int kHoursPerDay = 24;
constexpr int kSunday = 7;
// 1970-01-01 was a Thursday.
constexpr int kWeekdayOfEpoch = 4;

struct Field {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> words;  // the first stands for `first_word`
  int first_word;
};

constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};
constexpr std::array<Field, 5> kFields = {{{"minute", 0, 59, {}, 0},
                                           {"hour", 0, 23, {}, 0},
                                           {"day of month", 1, 31, {}, 0},
                                           {"month", 1, 12, kMonths, 1},
                                           {"day of week", 0, 7, kWeekdays, 0}}};

struct Nickname {
  std::string_view name;
  std::string_view fields;
};
constexpr std::array<Nickname, 7> kNicknames = {{{"@yearly", "0 0 1 1 *"},
                                                 {"@annually", "0 0 1 1 *"},
                                                 {"@monthly", "0 0 1 * *"},
                                                 {"@weekly", "0 0 * * 0"},
                                                 {"@daily", "0 0 * * *"},
                                                 {"@midnight", "0 0 * * *"},
                                                 {"@hourly", "0 * * * *"}}};

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

tl::unexpected<Error> Wrong(const Field& field, std::string_view text, const std::string& why) {
  return Fail(Error::Invalid("the " + std::string(field.name) + " \"" + std::string(text) + "\" " + why));
}

std::optional<int> Digits(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || text[0] == '-') return std::nullopt;
  return value;
}

std::string Bounds(const Field& field) { return std::to_string(field.min) + " to " + std::to_string(field.max); }

Result<int> ParseValue(const Field& field, std::string_view text) {
  const auto word = std::find(field.words.begin(), field.words.end(), Upper(text));
  if (word != field.words.end()) return field.first_word + static_cast<int>(word - field.words.begin());
  const auto value = Digits(text);
  if (!value) {
    return Wrong(field, text, field.words.empty() ? "is not a number from " + Bounds(field)
                                                  : "is neither a number from " + Bounds(field) + " nor a name such as " +
                                                        std::string(field.words[1]));
  }
  if (*value < field.min || *value > field.max) return Wrong(field, text, "is not from " + Bounds(field));
  return *value;
}

// `*`, `5`, `1-5`, each with `/2` behind it but the single number.
template <size_t N>
Status AddItem(const Field& field, std::string_view item, std::bitset<N>* set) {
  const size_t slash = item.find('/');
  const std::string_view range = item.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto written = Digits(item.substr(slash + 1));
    if (!written || *written < 1 || *written > field.max) return Wrong(field, item, "has no step from 1 to " + std::to_string(field.max));
    step = *written;
  }
  int first = field.min;
  int last = field.max;
  if (range != "*") {
    const size_t dash = range.find('-');
    TR_TRY(first, ParseValue(field, range.substr(0, dash)));
    last = first;
    if (dash != std::string_view::npos) {
      TR_TRY(last, ParseValue(field, range.substr(dash + 1)));
      if (last == 0 && field.max == kSunday) last = kSunday;  // MON-SUN
      if (first > last) return Wrong(field, item, "ends before it begins: write two ranges");
    } else if (slash != std::string_view::npos) {
      return Wrong(field, item, "is a step of one number: write " + std::to_string(first) + "-" + std::to_string(field.max) + "/" +
                                    std::to_string(step));
    }
  }
  for (int value = first; value <= last; value += step) set->set(static_cast<size_t>(value));
  return {};
}

template <size_t N>
Status ParseField(const Field& field, std::string_view text, std::bitset<N>* set) {
  while (true) {
    const size_t comma = text.find(',');
    TR_RETURN_IF_ERROR(AddItem(field, text.substr(0, comma), set));
    if (comma == std::string_view::npos) return {};
    text.remove_prefix(comma + 1);
  }
}

std::vector<std::string_view> Words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<std::string_view> words;
  for (size_t begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = text.find_first_not_of(kBlanks, end);
  }
  return words;
}

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Result<Cron> Cron::Parse(std::string_view text) {
  if (text.size() > kCronBytesMax) return Fail(Error::Invalid("it is longer than " + std::to_string(kCronBytesMax) + " bytes"));
  const auto words = Words(text);
  if (words.size() != 1 || words[0][0] != '@') return ParseFields(text);
  for (const Nickname& nickname : kNicknames) {
    if (nickname.name == words[0]) return ParseFields(nickname.fields);
  }
  return Fail(Error::Invalid("\"" + std::string(words[0]) + "\" is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly"));
}

Result<Cron> Cron::ParseFields(std::string_view text) {
  const auto words = Words(text);
  if (words.size() != kFields.size()) {
    return Fail(Error::Invalid("it has " + std::to_string(words.size()) +
                               " fields, not five: minute, hour, day of month, month, day of week (\"0 6 * * *\" is daily at 06:00)"));
  }
  Cron cron;
  TR_RETURN_IF_ERROR(ParseField(kFields[0], words[0], &cron.minutes_));
  TR_RETURN_IF_ERROR(ParseField(kFields[1], words[1], &cron.hours_));
  TR_RETURN_IF_ERROR(ParseField(kFields[2], words[2], &cron.days_));
  TR_RETURN_IF_ERROR(ParseField(kFields[3], words[3], &cron.months_));
  TR_RETURN_IF_ERROR(ParseField(kFields[4], words[4], &cron.weekdays_));
  if (cron.weekdays_[kSunday]) cron.weekdays_.set(0);
  cron.all_through_the_day_ = words[1][0] == '*';
  cron.any_day_ = words[2][0] == '*';
  cron.any_weekday_ = words[4][0] == '*';
  if (!cron.AnyDayFits()) return Fail(Error::Invalid("it never comes: none of its months has such a day"));
  return cron;
}

bool Cron::AnyDayFits() const {
  if (!any_weekday_) return true;
  constexpr int kLeapYear = 2000;
  for (int month = 1; month <= 12; ++month) {
    for (int day = 1; day <= 31; ++day) {
      if (months_[static_cast<size_t>(month)] && days_[static_cast<size_t>(day)] && DaysFromCivil(kLeapYear, month, day)) return true;
    }
  }
  return false;
}

bool Cron::DayFits(int32_t days) const {
  const CivilDate date = CivilFromDays(days);
  if (!months_[static_cast<size_t>(date.month)]) return false;
  const bool day = days_[static_cast<size_t>(date.day)];
  const auto weekday_number = static_cast<size_t>((days % kSunday + kSunday + kWeekdayOfEpoch) % kSunday);
  const bool weekday = weekdays_[weekday_number];
  // `*/2 * ... MON` is both, as in the cron of Vixie; only two fields that are both given are one or the other.
  return any_day_ || any_weekday_ ? day && weekday : day || weekday;
}

std::optional<int64_t> Cron::First(int64_t from_s, int64_t end_s) const {
  int64_t minute = FloorDivide(from_s + kMinute - 1, kMinute);
  const int64_t last_day = FloorDivide(end_s - 1, kDay);
  for (int64_t day = FloorDivide(minute * kMinute, kDay); day <= last_day; ++day) {
    if (!DayFits(static_cast<int32_t>(day))) continue;
    const int64_t midnight = day * kDay / kMinute;
    for (int of_day = static_cast<int>(std::max<int64_t>(minute - midnight, 0)); of_day < kHoursPerDay * kMinutesPerHour;) {
      const int hour = of_day / kMinutesPerHour;
      if (!hours_[static_cast<size_t>(hour)]) {
        of_day = (hour + 1) * kMinutesPerHour;
        continue;
      }
      if (minutes_[static_cast<size_t>(of_day % kMinutesPerHour)]) {
        const int64_t found_s = (midnight + of_day) * kMinute;
        return found_s < end_s ? std::optional(found_s) : std::nullopt;
      }
      ++of_day;
    }
  }
  return std::nullopt;
}

}  // namespace tailrace::schedule
