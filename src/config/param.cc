#include "config/param.h"

#include <algorithm>
#include <optional>

#include "config/source_text.h"
#include "model/decimal.h"
#include "model/time_format.h"
#include "model/times.h"

namespace tailrace::config {
namespace {

constexpr int kIntScale = 0;

// Where a value stands among others of its type; texts and bools have no order here.
struct Ordered {
  bool has_order = false;
  double number = 0;
  Int128 exact = 0;
};

bool Less(const Ordered& a, const Ordered& b) { return a.exact != b.exact ? a.exact < b.exact : a.number < b.number; }

std::optional<Ordered> ReadScaled(std::string_view text, int scale) {
  const auto parts = ScanNumber(text);
  const auto scaled = parts ? ScaledValue(*parts, scale) : std::nullopt;
  if (!scaled) return std::nullopt;
  return Ordered{true, 0, *scaled};
}

std::optional<Ordered> ReadTime(const Type& type, std::string_view text) {
  if (type.unit != TimeUnit::kNone) return ReadScaled(text, kIntScale);
  if (type.kind == TypeKind::kDate) {
    std::optional<int32_t> days;
    if (type.format.empty())
      days = ParseIsoDate(text);
    else if (const auto format = TimeFormat::Compile(type.format))
      days = format->ParseDate(text);
    if (!days) return std::nullopt;
    return Ordered{true, 0, *days};
  }
  std::optional<int64_t> micros;
  if (type.format.empty())
    micros = ParseRfc3339(text);
  else if (const auto format = TimeFormat::Compile(type.format))
    micros = format->ParseTimestamp(text);
  if (!micros) return std::nullopt;
  return Ordered{true, 0, *micros};
}

// Nullopt when `text` is no value of the type.
std::optional<Ordered> ReadValue(const Type& type, std::string_view text) {
  switch (type.kind) {
    case TypeKind::kInt: {
      const auto value = ReadScaled(text, kIntScale);
      const bool fits = value && value->exact >= INT64_MIN && value->exact <= INT64_MAX;
      return fits ? value : std::nullopt;
    }
    case TypeKind::kDecimal: {
      const auto value = ReadScaled(text, type.scale);
      return value && FitsWidth(value->exact, type.width) ? value : std::nullopt;
    }
    case TypeKind::kDouble: {
      const auto number = ScanNumber(text) ? NearestDouble(text) : std::nullopt;
      if (!number) return std::nullopt;
      return Ordered{true, *number, 0};
    }
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
      return ReadTime(type, text);
    case TypeKind::kBool:
      return text == "true" || text == "false" ? std::optional(Ordered{}) : std::nullopt;
    default:
      return Ordered{};
  }
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// `word` as a word of its own outside brackets; npos when there is none.
size_t FindWord(std::string_view text, std::string_view word) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    const bool starts = i == 0 || text[i - 1] == ' ';
    const bool ends = i + word.size() >= text.size() || text[i + word.size()] == ' ';
    if (depth == 0 && starts && ends && text.substr(i, word.size()) == word) return i;
  }
  return std::string_view::npos;
}

struct Parts {
  std::string_view type;
  std::optional<std::string_view> value;
  std::optional<std::string_view> min;
  std::optional<std::string_view> max;
};

// Cuts `word VALUE` off the end of `text`.
std::optional<std::string_view> CutBound(std::string_view* text, std::string_view word) {
  const size_t at = FindWord(*text, word);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = Trim(text->substr(std::min(text->size(), at + word.size())));
  *text = Trim(text->substr(0, at));
  return value;
}

// `=` outside brackets: a time's format may hold one.
size_t FindEquals(std::string_view text) {
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] == '=' && depth == 0) return i;
  }
  return std::string_view::npos;
}

bool TakesBounds(std::string_view type_and_bounds) {
  return !type_and_bounds.starts_with("string") && !type_and_bounds.starts_with("bool");
}

Parts Split(std::string_view text) {
  Parts parts;
  std::string_view rest = Trim(text);
  if (TakesBounds(rest)) {
    const size_t min_at = FindWord(rest, "min");
    const size_t max_at = FindWord(rest, "max");
    // The later one first, so that each is followed by its own value alone.
    const bool min_is_later = min_at != std::string_view::npos && max_at != std::string_view::npos && min_at > max_at;
    if (min_is_later) parts.min = CutBound(&rest, "min");
    parts.max = CutBound(&rest, "max");
    if (!min_is_later) parts.min = CutBound(&rest, "min");
  }
  const size_t equals = FindEquals(rest);
  parts.type = Trim(rest.substr(0, equals));
  if (equals != std::string_view::npos) parts.value = Trim(rest.substr(equals + 1));
  return parts;
}

bool IsSingleValue(const Type& type) {
  switch (type.kind) {
    case TypeKind::kStruct:
    case TypeKind::kList:
    case TypeKind::kMap:
    case TypeKind::kJson:
      return false;
    default:
      return true;
  }
}

}  // namespace

tl::expected<ParamSpec, std::string> ParseParam(std::string_view name, std::string_view text) {
  const Parts parts = Split(text);
  ParamSpec param;
  param.name = name;
  std::string error;
  if (!ParseScalarType(parts.type, &param.type, &error)) return tl::unexpected(error);
  if (!IsSingleValue(param.type)) return tl::unexpected("a parameter is a single value, not " + TypeText(param.type));
  const auto read = [&](std::optional<std::string_view> value, std::string_view what, std::optional<std::string>* into,
                        std::optional<Ordered>* ordered) {
    if (!value) return;
    *into = std::string(*value);
    *ordered = ReadValue(param.type, *value);
    if (!*ordered && error.empty()) error = std::string(what) + " " + Quoted(*value) + " is no " + TypeText(param.type);
  };
  std::optional<Ordered> value, min, max;
  read(parts.value, "the default", &param.default_value, &value);
  read(parts.min, "min", &param.min, &min);
  read(parts.max, "max", &param.max, &max);
  if (!error.empty()) return tl::unexpected(error);
  if (min && max && Less(*max, *min)) return tl::unexpected(std::string("max is less than min"));
  if (value && min && Less(*value, *min)) return tl::unexpected(std::string("the default is less than min"));
  if (value && max && Less(*max, *value)) return tl::unexpected(std::string("the default is more than max"));
  param.required = !param.default_value && !param.type.nullable;
  return param;
}

}  // namespace tailrace::config
