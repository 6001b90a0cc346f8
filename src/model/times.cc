#include "model/times.h"

namespace tailrace {
namespace {

constexpr int kYearMin = 1;
constexpr int kYearMax = 9999;
constexpr int64_t kTimestampMin = -62'135'596'800 * kMicrosPerSecond;        // 0001-01-01T00:00:00Z
constexpr int64_t kTimestampEnd = 253'402'300'800 * kMicrosPerSecond;        // 10000-01-01T00:00:00Z
constexpr size_t kFractionDigits = 6;

bool IsLeap(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeap(year) ? 29 : kDays[month - 1];
}

// Reads from the front of a text; a step that does not fit leaves it failed for good.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool done() const { return at_ == text_.size(); }
  char peek() const { return done() ? '\0' : text_[at_]; }
  void Skip() { ++at_; }

  bool Take(char c) {
    if (peek() != c || done()) return false;
    ++at_;
    return true;
  }

  // Exactly `digits` digits.
  bool TakeNumber(int digits, int* value) {
    if (text_.size() - at_ < static_cast<size_t>(digits)) return false;
    *value = 0;
    for (int i = 0; i < digits; ++i) {
      char c = text_[at_++];
      if (c < '0' || c > '9') return false;
      *value = *value * 10 + (c - '0');
    }
    return true;
  }

  // Digits of a fraction as micros; those beyond the sixth must be zero.
  bool TakeFraction(int* micros) {
    *micros = 0;
    size_t digits = 0;
    for (; peek() >= '0' && peek() <= '9'; ++at_, ++digits) {
      if (digits < kFractionDigits) *micros = *micros * 10 + (peek() - '0');
      else if (peek() != '0') return false;
    }
    for (size_t i = digits; i < kFractionDigits; ++i) *micros *= 10;
    return digits > 0;
  }

 private:
  std::string_view text_;
  size_t at_ = 0;
};

bool TakeDate(Reader* reader, std::optional<int32_t>* days) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!reader->TakeNumber(4, &year) || !reader->Take('-') || !reader->TakeNumber(2, &month) || !reader->Take('-') ||
      !reader->TakeNumber(2, &day)) {
    return false;
  }
  *days = DaysFromCivil(year, month, day);
  return days->has_value();
}

// `Z`, `+01:00`, `+0100`, `+01` or nothing, to the end of the text.
bool TakeOffset(Reader* reader, int* seconds) {
  *seconds = 0;
  if (reader->done()) return true;
  if (reader->Take('Z') || reader->Take('z')) return reader->done();
  bool west = reader->peek() == '-';
  if (!west && reader->peek() != '+') return false;
  reader->Skip();
  int hours = 0;
  int minutes = 0;
  if (!reader->TakeNumber(2, &hours)) return false;
  if (!reader->done()) {
    reader->Take(':');
    if (!reader->TakeNumber(2, &minutes)) return false;
  }
  if (hours > 23 || minutes > 59 || !reader->done()) return false;
  *seconds = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
  return true;
}

void AppendTwo(int value, std::string* out) {
  out->push_back(static_cast<char>('0' + value / 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

}  // namespace

std::optional<int32_t> DaysFromCivil(int year, int month, int day) {
  if (year < kYearMin || year > kYearMax || month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return std::nullopt;
  }
  // Years that begin in March, so that the leap day comes last; 400 of them have 146,097 days.
  int shifted = month <= 2 ? year - 1 : year;
  int era = shifted / 400;
  int year_of_era = shifted - era * 400;
  int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + day_of_era - 719'468;
}

CivilDate CivilFromDays(int32_t days) {
  int64_t shifted = int64_t{days} + 719'468;
  int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  int64_t day_of_era = shifted - era * 146'097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t month_from_march = (5 * day_of_year + 2) / 153;
  int month = static_cast<int>(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
  int year = static_cast<int>(year_of_era + era * 400) + (month <= 2 ? 1 : 0);
  return {year, month, static_cast<int>(day_of_year - (153 * month_from_march + 2) / 5 + 1)};
}

bool IsTimestampInRange(int64_t micros) { return micros >= kTimestampMin && micros < kTimestampEnd; }

std::optional<int64_t> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  std::optional<int32_t> days;
  if (!TakeDate(&reader, &days)) return std::nullopt;
  if (!reader.Take('T') && !reader.Take(' ') && !reader.Take('t')) return std::nullopt;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  int offset_seconds = 0;
  if (!reader.TakeNumber(2, &hour) || !reader.Take(':') || !reader.TakeNumber(2, &minute)) return std::nullopt;
  if (reader.Take(':')) {
    if (!reader.TakeNumber(2, &second)) return std::nullopt;
    if (reader.Take('.') && !reader.TakeFraction(&micros)) return std::nullopt;
  }
  if (hour > 23 || minute > 59 || second > 59 || !TakeOffset(&reader, &offset_seconds)) return std::nullopt;
  int64_t seconds = hour * 3600 + minute * 60 + second - offset_seconds;
  int64_t value = *days * kMicrosPerDay + seconds * kMicrosPerSecond + micros;
  if (!IsTimestampInRange(value)) return std::nullopt;
  return value;
}

std::optional<int32_t> ParseIsoDate(std::string_view text) {
  Reader reader(text);
  std::optional<int32_t> days;
  if (!TakeDate(&reader, &days) || !reader.done()) return std::nullopt;
  return days;
}

void AppendIsoDate(int32_t days, std::string* out) {
  CivilDate date = CivilFromDays(days);
  AppendTwo(date.year / 100, out);
  AppendTwo(date.year % 100, out);
  out->push_back('-');
  AppendTwo(date.month, out);
  out->push_back('-');
  AppendTwo(date.day, out);
}

void AppendRfc3339(int64_t micros, std::string* out) {
  int64_t day = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  int64_t of_day = micros - day * kMicrosPerDay;
  AppendIsoDate(static_cast<int32_t>(day), out);
  int seconds = static_cast<int>(of_day / kMicrosPerSecond);
  out->push_back('T');
  AppendTwo(seconds / 3600, out);
  out->push_back(':');
  AppendTwo(seconds / 60 % 60, out);
  out->push_back(':');
  AppendTwo(seconds % 60, out);
  int fraction = static_cast<int>(of_day % kMicrosPerSecond);
  if (fraction != 0) {
    out->push_back('.');
    for (int unit = 100'000; fraction != 0; unit /= 10) {
      out->push_back(static_cast<char>('0' + fraction / unit));
      fraction %= unit;
    }
  }
  out->push_back('Z');
}

}  // namespace tailrace
