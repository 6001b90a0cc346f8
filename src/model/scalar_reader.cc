#include "model/scalar_reader.h"

#include <cstring>
#include <limits>

#include "base/check.h"
#include "model/decimal.h"
#include "model/times.h"

namespace tailrace {
namespace {

// Digits that fit 64 bits whatever they are.
constexpr size_t kPlainIntDigits = 18;

// A number of JSON, or of a text, whose grammar is wider.
std::optional<NumberParts> TakeNumber(std::string_view text, bool quoted) {
  std::optional<NumberParts> number = ScanNumber(text);
  if (number && !number->is_json && !quoted) return std::nullopt;
  return number;
}

// The common int: an optional minus and a few digits. Nullopt for everything else, also where it is an int.
std::optional<int64_t> PlainInt(std::string_view text) {
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > kPlainIntDigits || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  int64_t value = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return negative ? -value : value;
}

bool SameLetters(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

// Digits that a unit of an epoch leaves for the microseconds.
int EpochScale(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kSeconds: return 6;
    case TimeUnit::kMillis: return 3;
    case TimeUnit::kMicros:
    case TimeUnit::kNone: break;
  }
  return 0;
}

}  // namespace

ReadOutcome OutcomeOf(JsonFault fault) {
  switch (fault) {
    case JsonFault::kNone: return ReadOutcome::kOk;
    case JsonFault::kNul: return ReadOutcome::kNul;
    case JsonFault::kSurrogate: return ReadOutcome::kSurrogate;
    case JsonFault::kDepth: return ReadOutcome::kDepth;
    case JsonFault::kSyntax: break;
  }
  return ReadOutcome::kSyntax;
}

ScalarReader::ScalarReader(const Type& type) : type_(type) {
  if (type.format.empty()) return;
  Result<TimeFormat> format = TimeFormat::Compile(type.format);
  TR_CHECK(format.has_value());
  format_ = std::move(*format);
}

ReadOutcome ScalarReader::Read(const JsonTokens& tokens, size_t i, ValueSink* sink) {
  if (tokens.kind(i) != '"') {
    bool read = type_.kind != TypeKind::kString && ReadLiteral(tokens.token(i), false, sink);
    return read ? ReadOutcome::kOk : ReadOutcome::kWrongValue;
  }
  std::string_view content = tokens.string_content(i);
  if (std::memchr(content.data(), '\\', content.size()) != nullptr) {
    unescaped_.clear();
    JsonFault fault = UnescapeJson(content, &unescaped_);
    if (fault != JsonFault::kNone) return OutcomeOf(fault);
    content = unescaped_;
  }
  if (type_.kind == TypeKind::kString) {
    if (sink) sink->String(content);
    return ReadOutcome::kOk;
  }
  return ReadLiteral(content, true, sink) ? ReadOutcome::kOk : ReadOutcome::kWrongValue;
}

bool ScalarReader::ReadLiteral(std::string_view text, bool quoted, ValueSink* sink) const {
  switch (type_.kind) {
    case TypeKind::kInt: return ReadInt(text, quoted, sink);
    case TypeKind::kDouble: return ReadDouble(text, quoted, sink);
    case TypeKind::kDecimal: return ReadDecimal(text, quoted, sink);
    case TypeKind::kBool: return ReadBool(text, quoted, sink);
    case TypeKind::kDate: return quoted && ReadDate(text, sink);
    case TypeKind::kTimestamp:
      if (type_.unit != TimeUnit::kNone) return ReadEpoch(text, quoted, sink);
      return quoted && ReadTimestamp(text, sink);
    case TypeKind::kString:
      if (sink) sink->String(text);
      return true;
    case TypeKind::kJson:
    case TypeKind::kStruct:
    case TypeKind::kList:
    case TypeKind::kMap: break;
  }
  return false;
}

bool ScalarReader::ReadInt(std::string_view text, bool quoted, ValueSink* sink) const {
  std::optional<int64_t> plain = PlainInt(text);
  if (!plain) {
    std::optional<NumberParts> number = TakeNumber(text, quoted);
    std::optional<Int128> value = number ? ScaledValue(*number, 0) : std::nullopt;
    if (!value || *value < std::numeric_limits<int64_t>::min() || *value > std::numeric_limits<int64_t>::max())
      return false;
    plain = static_cast<int64_t>(*value);
  }
  if (sink) sink->Int(*plain);
  return true;
}

bool ScalarReader::ReadDouble(std::string_view text, bool quoted, ValueSink* sink) const {
  if (!TakeNumber(text, quoted)) return false;
  std::optional<double> value = NearestDouble(text);
  if (value && sink) sink->Double(*value);
  return value.has_value();
}

bool ScalarReader::ReadDecimal(std::string_view text, bool quoted, ValueSink* sink) const {
  std::optional<NumberParts> number = TakeNumber(text, quoted);
  std::optional<Int128> unscaled = number ? ScaledValue(*number, type_.scale) : std::nullopt;
  if (!unscaled || !FitsWidth(*unscaled, type_.width)) return false;
  if (sink) sink->Decimal(*unscaled);
  return true;
}

bool ScalarReader::ReadBool(std::string_view text, bool quoted, ValueSink* sink) const {
  bool yes = quoted ? SameLetters(text, "true") || text == "1" : text == "true";
  bool no = quoted ? SameLetters(text, "false") || text == "0" : text == "false";
  if (sink && (yes || no)) sink->Bool(yes);
  return yes || no;
}

bool ScalarReader::ReadDate(std::string_view text, ValueSink* sink) const {
  std::optional<int32_t> days = format_ ? format_->ParseDate(text) : ParseIsoDate(text);
  if (days && sink) sink->Date(*days);
  return days.has_value();
}

bool ScalarReader::ReadTimestamp(std::string_view text, ValueSink* sink) const {
  std::optional<int64_t> micros = format_ ? format_->ParseTimestamp(text) : ParseRfc3339(text);
  if (micros && sink) sink->Timestamp(*micros);
  return micros.has_value();
}

bool ScalarReader::ReadEpoch(std::string_view text, bool quoted, ValueSink* sink) const {
  std::optional<NumberParts> number = TakeNumber(text, quoted);
  std::optional<Int128> micros = number ? ScaledValue(*number, EpochScale(type_.unit)) : std::nullopt;
  if (!micros || *micros < std::numeric_limits<int64_t>::min() || *micros > std::numeric_limits<int64_t>::max())
    return false;
  auto value = static_cast<int64_t>(*micros);
  if (!IsTimestampInRange(value)) return false;
  if (sink) sink->Timestamp(value);
  return true;
}

}  // namespace tailrace
