#include "config/scalar.h"

#include <charconv>
#include <cmath>

#include "model/decimal.h"

namespace tailrace::config {
namespace {

constexpr double kExactIntegersMax = 9007199254740992.0;  // 2^53

bool IsOneOf(std::string_view text, std::string_view a, std::string_view b, std::string_view c) {
  return text == a || text == b || text == c;
}

std::optional<int64_t> FromDigits(std::string_view digits, int base) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

bool HasPrefixDigits(std::string_view text, std::string_view prefix, std::string_view digits) {
  return text.starts_with(prefix) && text.size() > prefix.size() &&
         text.find_first_not_of(digits, prefix.size()) == std::string_view::npos;
}

bool IsHex(std::string_view text) { return HasPrefixDigits(text, "0x", "0123456789abcdefABCDEF"); }
bool IsOctal(std::string_view text) { return HasPrefixDigits(text, "0o", "01234567"); }

bool IsDecimalInteger(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsInfinityOrNan(std::string_view text) {
  if (IsOneOf(text, ".nan", ".NaN", ".NAN")) return true;
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  return IsOneOf(text, ".inf", ".Inf", ".INF");
}

ScalarType PlainType(std::string_view text) {
  if (text.empty() || text == "~" || IsOneOf(text, "null", "Null", "NULL")) return ScalarType::kNull;
  if (IsOneOf(text, "true", "True", "TRUE") || IsOneOf(text, "false", "False", "FALSE")) return ScalarType::kBool;
  if (IsDecimalInteger(text) || IsHex(text) || IsOctal(text)) return ScalarType::kInteger;
  if (IsInfinityOrNan(text) || (text != "." && ScanNumber(text))) return ScalarType::kNumber;
  return ScalarType::kText;
}

std::optional<int64_t> IntegerOf(std::string_view text) {
  if (IsHex(text)) return FromDigits(text.substr(2), 16);
  if (IsOctal(text)) return FromDigits(text.substr(2), 8);
  if (IsDecimalInteger(text)) return FromDigits(text.starts_with('+') ? text.substr(1) : text, 10);
  return std::nullopt;
}

// What a number or a word is read from: a plain scalar, or one that `${...}` made.
bool MayBeTyped(const Node& scalar) {
  return scalar.kind == NodeKind::kScalar && !scalar.absent && (scalar.plain() || !scalar.replacements.empty());
}

}  // namespace

ScalarType TypeOf(const Node& scalar) {
  if (scalar.absent) return ScalarType::kNull;
  if (!scalar.plain() || !scalar.replacements.empty()) return ScalarType::kText;
  return PlainType(scalar.text);
}

std::optional<int64_t> ReadInteger(const Node& scalar) {
  if (!MayBeTyped(scalar)) return std::nullopt;
  if (const auto integer = IntegerOf(scalar.text)) return integer;
  const auto number = ReadNumber(scalar);
  if (!number || std::floor(*number) != *number || std::fabs(*number) > kExactIntegersMax) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<double> ReadNumber(const Node& scalar) {
  if (!MayBeTyped(scalar)) return std::nullopt;
  const ScalarType type = PlainType(scalar.text);
  if (type == ScalarType::kInteger) {
    if (const auto integer = IntegerOf(scalar.text)) return static_cast<double>(*integer);
  }
  if (type != ScalarType::kNumber && type != ScalarType::kInteger) return std::nullopt;
  return NearestDouble(scalar.text);
}

std::optional<bool> ReadBool(const Node& scalar) {
  if (!MayBeTyped(scalar) || PlainType(scalar.text) != ScalarType::kBool) return std::nullopt;
  return scalar.text[0] == 't' || scalar.text[0] == 'T';
}

std::optional<std::string> JsonNumber(std::string_view text) {
  if (IsHex(text) || IsOctal(text)) {
    const auto integer = IntegerOf(text);
    if (!integer) return std::nullopt;
    return std::to_string(*integer);
  }
  const auto parts = ScanNumber(text);
  if (!parts || text == ".") return std::nullopt;
  if (parts->is_json) return std::string(text);
  std::string_view integer = parts->integer;
  while (integer.size() > 1 && integer.front() == '0') integer.remove_prefix(1);
  std::string number = parts->negative ? "-" : "";
  number += integer.empty() ? "0" : integer;
  if (!parts->fraction.empty()) number.append(".").append(parts->fraction);
  if (parts->exponent != 0) number += "e" + std::to_string(parts->exponent);
  return number;
}

std::string_view FormOf(const Node& node) {
  if (node.kind == NodeKind::kMapping) return node.entries.empty() ? "an empty mapping" : "a mapping";
  if (node.kind == NodeKind::kSequence) return "a list";
  switch (TypeOf(node)) {
    case ScalarType::kNull:
      return "nothing";
    case ScalarType::kBool:
      return "a bool";
    case ScalarType::kInteger:
      return "an integer";
    case ScalarType::kNumber:
      return "a number";
    case ScalarType::kText:
      return "a text";
  }
  return "a text";
}

}  // namespace tailrace::config
