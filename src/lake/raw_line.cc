#include "lake/raw_line.h"

#include <charconv>

#include "base/utf8.h"
#include "crypto/digest.h"
#include "model/json_text.h"
#include "model/times.h"

namespace tailrace::lake {
namespace {

constexpr int64_t kMicrosPerMilli = 1000;

bool IsOneLineOfJson(std::string_view value) {
  if (value.find('\n') != std::string_view::npos) return false;
  // What begins as an object was checked before it came into the log.
  return value.starts_with('{') || !CheckJson(value);
}

void AppendKey(std::string_view key, std::string* out) {
  std::string text;
  AppendJsonString(key, &text);
  if (CheckJson(text)) {
    *out += ",\"key_hex\":\"" + crypto::HexText(key) + "\"";
  } else {
    *out += ",\"key\":" + text;
  }
}

std::optional<std::string> FromHex(std::string_view digits) {
  if (digits.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(&digits[i], &digits[i] + 2, value, 16);
    if (error != std::errc() || end != &digits[i] + 2) return std::nullopt;
    bytes += static_cast<char>(value);
  }
  return bytes;
}

// Takes a line from its beginning, part by part.
class LineParser {
 public:
  explicit LineParser(std::string_view rest) : rest_(rest) {}

  bool Skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }

  bool Integer(int64_t* value) {
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), *value);
    if (error != std::errc()) return false;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }

  // What stands before the quote that ends a string.
  bool String(std::string_view* content) {
    size_t end = 0;
    while (end < rest_.size() && rest_[end] != '"') end += rest_[end] == '\\' ? 2 : 1;
    if (end >= rest_.size()) return false;
    *content = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

bool ParseKey(LineParser& parser, std::optional<std::string>* key) {
  std::string_view content;
  if (parser.Skip(",\"key\":\"")) {
    key->emplace();
    return parser.String(&content) && UnescapeJson(content, &**key) == JsonFault::kNone;
  }
  if (!parser.Skip(",\"key_hex\":\"")) return true;
  if (!parser.String(&content)) return false;
  *key = FromHex(content);
  return key->has_value();
}

bool ParseValue(LineParser& parser, std::string* value) {
  if (parser.Skip(",\"record\":")) {
    if (!parser.rest().ends_with('}')) return false;
    value->assign(parser.rest().substr(0, parser.rest().size() - 1));
    return true;
  }
  std::string_view content;
  if (!parser.Skip(",\"record_hex\":\"") || !parser.String(&content) || parser.rest() != "}") return false;
  auto bytes = FromHex(content);
  if (!bytes) return false;
  *value = std::move(*bytes);
  return true;
}

bool ParseTime(LineParser& parser, int64_t* timestamp_ms) {
  std::string_view content;
  if (!parser.Skip(",\"time\":\"") || !parser.String(&content)) return false;
  const auto micros = ParseRfc3339(content);
  if (!micros) return false;
  *timestamp_ms = *micros / kMicrosPerMilli;
  return true;
}

}  // namespace

void AppendRawLine(const LogRecord& record, int64_t timestamp_ms, std::string* out) {
  *out += "{\"offset\":" + std::to_string(record.offset.value) + ",\"seq\":" + std::to_string(record.seq.value) + ",\"time\":\"";
  AppendRfc3339(timestamp_ms * kMicrosPerMilli, out);
  *out += '"';
  if (record.key) AppendKey(*record.key, out);
  if (IsOneLineOfJson(record.value)) {
    *out += ",\"record\":";
    *out += record.value;
  } else {
    *out += ",\"record_hex\":\"" + crypto::HexText(record.value) + '"';
  }
  *out += "}\n";
}

Result<RawLine> ParseRawLine(std::string_view line) {
  constexpr size_t kShownBytesMax = 80;
  LineParser parser(line);
  RawLine raw;
  const bool parsed = parser.Skip("{\"offset\":") && parser.Integer(&raw.offset) && parser.Skip(",\"seq\":") && parser.Integer(&raw.seq) &&
                      ParseTime(parser, &raw.timestamp_ms) && ParseKey(parser, &raw.key) && ParseValue(parser, &raw.value);
  if (!parsed) return Fail(Error::Corruption("no line of the raw lake: " + ShownText(line, kShownBytesMax)));
  return raw;
}

}  // namespace tailrace::lake
