#include "model/decimal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/check.h"

namespace tailrace {
namespace {

// Digits that a 64-bit accumulator takes without a check.
constexpr size_t kPlainDigits = 18;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

inline std::string_view TakeDigits(std::string_view text, size_t* at) {
  size_t begin = *at;
  while (*at < text.size() && IsDigit(text[*at])) ++*at;
  return text.substr(begin, *at - begin);
}

// Reads `[+-]digits` behind the `e`; false when there are no digits.
bool TakeExponent(std::string_view text, size_t* at, int64_t* exponent) {
  bool negative = false;
  if (*at < text.size() && (text[*at] == '+' || text[*at] == '-')) negative = text[(*at)++] == '-';
  std::string_view digits = TakeDigits(text, at);
  if (digits.empty()) return false;
  int64_t value = 0;
  for (char c : digits) value = std::min(value * 10 + (c - '0'), kExponentMax);
  *exponent = negative ? -value : value;
  return true;
}

constexpr std::array<Int128, kDecimalWidthMax + 1> MakePowers() {
  std::array<Int128, kDecimalWidthMax + 1> powers{};
  Int128 power = 1;
  for (size_t i = 0; i < powers.size(); ++i) {
    powers[i] = power;
    if (i + 1 < powers.size()) power *= 10;
  }
  return powers;
}

constexpr std::array<Int128, kDecimalWidthMax + 1> kPowers = MakePowers();

constexpr std::array<int64_t, kPlainDigits + 1> MakePlainPowers() {
  std::array<int64_t, kPlainDigits + 1> powers{};
  for (size_t i = 0; i < powers.size(); ++i) powers[i] = i == 0 ? 1 : powers[i - 1] * 10;
  return powers;
}

constexpr std::array<int64_t, kPlainDigits + 1> kPlainPowers = MakePlainPowers();

// The common case: few digits, so 64 bits hold all of them, and 38 digits the result.
std::optional<Int128> ScalePlain(const NumberParts& number, int64_t shift) {
  int64_t value = 0;
  for (char c : number.integer) value = value * 10 + (c - '0');
  for (char c : number.fraction) value = value * 10 + (c - '0');
  if (number.negative) value = -value;
  if (value == 0 || shift == 0) return value;
  if (shift < 0) {
    if (-shift > static_cast<int64_t>(kPlainDigits)) return std::nullopt;
    int64_t divisor = kPlainPowers[static_cast<size_t>(-shift)];
    if (value % divisor != 0) return std::nullopt;
    return value / divisor;
  }
  return value * kPowers[static_cast<size_t>(shift)];
}

// Any number of digits: only those between the first and the last that is not zero matter.
std::optional<Int128> ScaleLong(const NumberParts& number, int64_t shift) {
  std::string digits(number.integer);
  digits += number.fraction;
  size_t first = digits.find_first_not_of('0');
  if (first == std::string::npos) return Int128{0};
  size_t last = digits.find_last_not_of('0');
  shift += static_cast<int64_t>(digits.size() - 1 - last);
  int64_t significant = static_cast<int64_t>(last - first + 1);
  if (shift < 0 || significant + shift > kDecimalWidthMax) return std::nullopt;
  Int128 value = 0;
  for (size_t i = first; i <= last; ++i) value = value * 10 + (digits[i] - '0');
  value *= kPowers[static_cast<size_t>(shift)];
  return number.negative ? -value : value;
}

}  // namespace

std::optional<NumberParts> ScanNumber(std::string_view text) {
  NumberParts parts;
  size_t at = 0;
  bool plus = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    parts.negative = text[0] == '-';
    plus = text[0] == '+';
    at = 1;
  }
  parts.integer = TakeDigits(text, &at);
  bool point = at < text.size() && text[at] == '.';
  if (point) {
    ++at;
    parts.fraction = TakeDigits(text, &at);
  }
  if (parts.integer.empty() && parts.fraction.empty()) return std::nullopt;
  parts.is_json = !plus && !parts.integer.empty() && (parts.integer.size() == 1 || parts.integer[0] != '0') &&
                  point == !parts.fraction.empty();
  if (at == text.size()) return parts;
  if (text[at] != 'e' && text[at] != 'E') return std::nullopt;
  ++at;
  if (!TakeExponent(text, &at, &parts.exponent) || at != text.size()) return std::nullopt;
  return parts;
}

std::optional<Int128> ScaledValue(const NumberParts& number, int scale) {
  int64_t shift = number.exponent - static_cast<int64_t>(number.fraction.size()) + scale;
  size_t digits = number.integer.size() + number.fraction.size();
  bool is_plain = digits <= kPlainDigits && shift <= kDecimalWidthMax - static_cast<int64_t>(kPlainDigits);
  if (is_plain) return ScalePlain(number, shift);
  return ScaleLong(number, shift);
}

Int128 PowerOfTen(int exponent) {
  TR_CHECK(exponent >= 0 && exponent <= kDecimalWidthMax);
  return kPowers[static_cast<size_t>(exponent)];
}

bool FitsWidth(Int128 unscaled, int width) {
  Int128 bound = PowerOfTen(width);
  return unscaled < bound && unscaled > -bound;
}

void AppendDecimal(Int128 unscaled, int scale, std::string* out) {
  char reversed[2 * kDecimalWidthMax + 4];
  size_t size = 0;
  bool negative = unscaled < 0;
  for (int digit = 0; unscaled != 0 || digit <= scale; ++digit) {
    if (digit == scale && scale > 0) reversed[size++] = '.';
    int value = static_cast<int>(unscaled % 10);
    reversed[size++] = static_cast<char>('0' + (value < 0 ? -value : value));
    unscaled /= 10;
  }
  if (negative) reversed[size++] = '-';
  while (size > 0) out->push_back(reversed[--size]);
}

std::optional<double> NearestDouble(std::string_view text) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  if (error != std::errc::result_out_of_range) return std::nullopt;
  // Both too large and too small end up here; only strtod tells them apart.
  value = std::strtod(std::string(text).c_str(), nullptr);
  if (!std::isfinite(value)) return std::nullopt;
  return value;
}

void AppendDouble(double value, std::string* out) {
  char text[32];
  auto [end, error] = std::to_chars(text, text + sizeof text, value == 0 ? 0.0 : value);
  TR_CHECK(error == std::errc());
  out->append(text, static_cast<size_t>(end - text));
}

}  // namespace tailrace
