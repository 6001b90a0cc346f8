#include "app/scenario/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "app/console.h"
#include "config/nearest.h"
#include "model/decimal.h"
#include "model/times.h"

namespace tailrace::app {
namespace {

using Kind = JsonValue::Kind;

constexpr double kFractionTolerance = 1e-12;

// A number's digits without zeros at either end, and the power of ten of its last one: equal for equal values.
struct Canonical {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
  bool operator==(const Canonical&) const = default;
};

std::optional<Canonical> CanonicalOf(std::string_view text) {
  const auto parts = ScanNumber(text);
  if (!parts) return std::nullopt;
  Canonical out{.negative = parts->negative,
                .digits = std::string(parts->integer) + std::string(parts->fraction),
                .exponent = parts->exponent - static_cast<int64_t>(parts->fraction.size())};
  out.digits.erase(0, out.digits.find_first_not_of('0'));
  while (!out.digits.empty() && out.digits.back() == '0') {
    out.digits.pop_back();
    ++out.exponent;
  }
  if (out.digits.empty()) return Canonical{};
  return out;
}

bool HasFraction(std::string_view number) { return number.find_first_of(".eE") != std::string_view::npos; }

bool NumbersAgree(std::string_view expected, std::string_view actual) {
  const auto a = CanonicalOf(expected);
  const auto b = CanonicalOf(actual);
  if (!a || !b) return false;
  if (*a == *b) return true;
  if (!HasFraction(expected) && !HasFraction(actual)) return false;
  const auto x = NearestDouble(expected);
  const auto y = NearestDouble(actual);
  return x && y && std::abs(*x - *y) <= kFractionTolerance * std::max(std::abs(*x), std::abs(*y));
}

bool TextsAgree(std::string_view expected, std::string_view actual) {
  if (expected == actual) return true;
  const auto a = ParseRfc3339(expected);
  const auto b = ParseRfc3339(actual);
  return a && b && *a == *b;
}

bool IsScalarAsExpected(const JsonValue& expected, const JsonValue& actual) {
  if (expected.is(Kind::kNull) || actual.is(Kind::kNull)) return expected.kind == actual.kind;
  if (actual.is(Kind::kNumber)) {
    return (expected.is(Kind::kNumber) || expected.is(Kind::kString)) && NumbersAgree(expected.text, actual.text);
  }
  if (actual.is(Kind::kString)) return TextsAgree(expected.text, actual.text);
  return expected.text == actual.text;
}

bool ItemsAgree(const JsonValue& expected, const JsonValue& actual) {
  return std::equal(expected.items.begin(), expected.items.end(), actual.items.begin(), actual.items.end(),
                    IsAsExpected);
}

bool MembersAgree(const JsonValue& expected, const JsonValue& actual) {
  return std::all_of(expected.members.begin(), expected.members.end(), [&](const auto& member) {
    const JsonValue* found = actual.Find(member.first);
    return found != nullptr && IsAsExpected(member.second, *found);
  });
}

// Gives each expected row a row of its own where that is possible (augmenting paths: a row may be handed on).
class Pairing {
 public:
  Pairing(const std::vector<JsonValue>& expected, const std::vector<JsonValue>& actual)
      : expected_(expected), actual_(actual), owner_(actual.size()) {
    for (size_t i = 0; i < expected.size(); ++i) {
      std::vector<bool> asked(actual.size());
      if (!FindRow(i, asked)) missing_.push_back(i);
    }
  }

  const std::vector<size_t>& missing() const { return missing_; }

  std::vector<size_t> left_over() const {
    std::vector<size_t> rows;
    for (size_t i = 0; i < owner_.size(); ++i) {
      if (!owner_[i]) rows.push_back(i);
    }
    return rows;
  }

 private:
  bool FindRow(size_t wanting, std::vector<bool>& asked) {
    for (size_t row = 0; row < actual_.size(); ++row) {
      if (asked[row] || !IsAsExpected(expected_[wanting], actual_[row])) continue;
      asked[row] = true;
      if (!owner_[row] || FindRow(*owner_[row], asked)) {
        owner_[row] = wanting;
        return true;
      }
    }
    return false;
  }

  const std::vector<JsonValue>& expected_;
  const std::vector<JsonValue>& actual_;
  std::vector<std::optional<size_t>> owner_;
  std::vector<size_t> missing_;
};

// Only the columns that some expected row names; all of them when none is named.
JsonValue OnlyNamed(const JsonValue& row, const std::set<std::string, std::less<>>& names) {
  if (names.empty()) return row;
  JsonValue out = row;
  std::erase_if(out.members, [&](const auto& member) { return !names.contains(member.first); });
  return out;
}

std::string UnknownColumns(const std::set<std::string, std::less<>>& names, const std::vector<JsonValue>& actual) {
  if (actual.empty()) return "";
  std::vector<std::string> known;
  for (const auto& member : actual.front().members) known.push_back(member.first);
  std::string text;
  for (const std::string& name : names) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    text += fmt::format("\n    no column {}{}", name, config::Suggestion(name, known));
  }
  return text;
}

}  // namespace

bool IsAsExpected(const JsonValue& expected, const JsonValue& actual) {
  if (expected.is(Kind::kArray) && actual.is(Kind::kArray)) return ItemsAgree(expected, actual);
  if (expected.is(Kind::kObject) && actual.is(Kind::kObject)) return MembersAgree(expected, actual);
  if (expected.is(Kind::kArray) || expected.is(Kind::kObject)) return false;
  if (actual.is(Kind::kArray) || actual.is(Kind::kObject)) return false;
  return IsScalarAsExpected(expected, actual);
}

std::string RowsDifference(std::string_view what, const std::vector<JsonValue>& expected,
                           const std::vector<JsonValue>& actual) {
  const Pairing pairing(expected, actual);
  const std::vector<size_t> left_over = pairing.left_over();
  if (pairing.missing().empty() && left_over.empty()) return "";
  std::set<std::string, std::less<>> names;
  for (const JsonValue& row : expected) {
    for (const auto& member : row.members) names.insert(member.first);
  }
  std::string text =
      fmt::format("{}: expected {}, found {}", what, Counted(static_cast<int64_t>(expected.size()), "row"),
                  Grouped(static_cast<int64_t>(actual.size())));
  text += UnknownColumns(names, actual);
  size_t shown = 0;
  for (const size_t row : pairing.missing()) {
    if (shown++ < kShownRowsMax) text += fmt::format("\n    expected {}", ToJson(expected[row]));
  }
  shown = 0;
  for (const size_t row : left_over) {
    if (shown++ < kShownRowsMax) text += fmt::format("\n    found    {}", ToJson(OnlyNamed(actual[row], names)));
  }
  if (shown > kShownRowsMax) text += fmt::format("\n    ... and {} more", shown - kShownRowsMax);
  return text;
}

std::string ValueDifference(std::string_view what, const JsonValue& expected, const JsonValue& actual) {
  if (IsAsExpected(expected, actual)) return "";
  return fmt::format("{}:\n    expected {}\n    found    {}", what, ToJson(expected), ToJson(actual));
}

}  // namespace tailrace::app
