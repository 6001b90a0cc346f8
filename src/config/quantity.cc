#include "config/quantity.h"

#include <array>
#include <charconv>
#include <cmath>
#include <span>

namespace tailrace::config {
namespace {

struct Unit {
  std::string_view text;
  int64_t factor;
};

// The largest first, binary before decimal: SizeText takes the first that divides.
constexpr std::array kSizeUnits = {
    Unit{"TiB", int64_t{1} << 40}, Unit{"GiB", int64_t{1} << 30},     Unit{"MiB", int64_t{1} << 20},
    Unit{"KiB", int64_t{1} << 10}, Unit{"TB", 1'000'000'000'000}, Unit{"GB", 1'000'000'000},
    Unit{"MB", 1'000'000},         Unit{"KB", 1'000},             Unit{"B", 1},
};
constexpr std::array kDurationUnits = {
    Unit{"d", 86'400'000}, Unit{"h", 3'600'000}, Unit{"m", 60'000}, Unit{"s", 1'000}, Unit{"ms", 1},
};

constexpr double kExactMax = 9'007'199'254'740'992.0;  // 2^53

std::optional<int64_t> Parse(std::string_view text, std::span<const Unit> units, bool bare) {
  const size_t digits = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, digits);
  const std::string_view unit = digits == std::string_view::npos ? "" : text.substr(digits);
  if (number.empty() || number.front() == '.' || number.back() == '.') return std::nullopt;
  int64_t factor = bare && unit.empty() ? 1 : 0;
  for (const Unit& known : units) {
    if (unit == known.text) factor = known.factor;
  }
  if (factor == 0) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  const double product = std::round(value * static_cast<double>(factor));
  if (product > kExactMax) return std::nullopt;
  return static_cast<int64_t>(product);
}

std::string Shortest(int64_t value, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0) return std::to_string(value / unit.factor) + std::string(unit.text);
  }
  return std::to_string(value) + std::string(units.back().text);
}

}  // namespace

std::optional<int64_t> ParseSize(std::string_view text) { return Parse(text, kSizeUnits, true); }
std::optional<int64_t> ParseDuration(std::string_view text) { return Parse(text, kDurationUnits, false); }
std::string SizeText(int64_t bytes) { return Shortest(bytes, kSizeUnits); }
std::string DurationText(int64_t milliseconds) { return Shortest(milliseconds, kDurationUnits); }
bool IsSize(std::string_view text) { return ParseSize(text).has_value(); }
bool IsDuration(std::string_view text) { return ParseDuration(text).has_value(); }

}  // namespace tailrace::config
