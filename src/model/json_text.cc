#include "model/json_text.h"

#include <cstring>

namespace tailrace {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void AppendEscape(char c, std::string* out) {
  switch (c) {
    case '"': *out += "\\\""; return;
    case '\\': *out += "\\\\"; return;
    case '\n': *out += "\\n"; return;
    case '\r': *out += "\\r"; return;
    case '\t': *out += "\\t"; return;
    default: break;
  }
  auto code = static_cast<unsigned char>(c);
  *out += "\\u00";
  out->push_back(kHex[code >> 4]);
  out->push_back(kHex[code & 15]);
}

size_t SkipSpace(std::string_view text, size_t at) {
  while (at < text.size() && JsonTokens::IsJsonSpace(text[at])) ++at;
  return at;
}

// Behind the closing quote of the string whose content begins at `at`; npos when it does not end.
size_t StringEnd(std::string_view text, size_t at) {
  while (true) {
    size_t quote = text.find('"', at);
    if (quote == std::string_view::npos) return quote;
    size_t backslashes = 0;
    while (backslashes < quote - at && text[quote - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) return quote + 1;
    at = quote + 1;
  }
}

bool IsDelimiter(char c) {
  return c == ',' || c == ']' || c == '}' || c == ':' || c == '"' || JsonTokens::IsJsonSpace(c);
}

Error ArrayError(size_t byte, const char* reason) {
  return Error::Invalid(std::string(reason) + " at byte " + std::to_string(byte));
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string* out) {
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out->append(text.substr(plain, i - plain));
    AppendEscape(text[i], out);
    plain = i + 1;
  }
  out->append(text.substr(plain));
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  AppendJsonEscaped(text, out);
  out->push_back('"');
}

void ReplaceLineBreaks(char* json, size_t size) {
  std::string_view text(json, size);
  if (std::memchr(json, '\n', size) == nullptr && std::memchr(json, '\r', size) == nullptr) return;
  for (size_t i = 0; i < size; ++i) {
    if (text[i] == '"') {
      i = StringEnd(text, i + 1);
      if (i == std::string_view::npos) return;
      --i;
    } else if (text[i] == '\n' || text[i] == '\r') {
      json[i] = ' ';
    }
  }
}

JsonScan ScanJsonValue(std::string_view text, size_t at, size_t* end) {
  if (at >= text.size()) return JsonScan::kIncomplete;
  int64_t depth = 0;
  for (size_t i = at; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      i = StringEnd(text, i + 1);
      if (i == std::string_view::npos) return JsonScan::kIncomplete;
      --i;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (--depth < 0) return JsonScan::kBroken;
    } else if (depth == 0) {
      // A number or a word: up to what cannot be part of it.
      while (i < text.size() && !IsDelimiter(text[i])) ++i;
      if (i == at) return JsonScan::kBroken;
      if (i == text.size()) return JsonScan::kIncomplete;
      *end = i;
      return JsonScan::kValue;
    }
    if (depth == 0) {
      *end = i + 1;
      return JsonScan::kValue;
    }
  }
  return JsonScan::kIncomplete;
}

Result<std::vector<JsonPart>> SplitJsonArray(std::string_view text, size_t count_max) {
  std::vector<JsonPart> parts;
  size_t at = SkipSpace(text, 0);
  if (at == text.size() || text[at] != '[') return Fail(ArrayError(at, "no `[`"));
  at = SkipSpace(text, at + 1);
  bool closed = at < text.size() && text[at] == ']';
  while (!closed) {
    size_t end = 0;
    JsonScan scan = ScanJsonValue(text, at, &end);
    if (scan == JsonScan::kIncomplete) return Fail(ArrayError(text.size(), "the array does not end"));
    if (scan == JsonScan::kBroken) return Fail(ArrayError(at, "no value"));
    parts.push_back({text.substr(at, end - at), at, 0});
    if (parts.size() == count_max) return parts;
    at = SkipSpace(text, end);
    if (at == text.size()) return Fail(ArrayError(at, "the array does not end"));
    closed = text[at] == ']';
    if (!closed && text[at] != ',') return Fail(ArrayError(at, "neither `,` nor `]`"));
    if (!closed) at = SkipSpace(text, at + 1);
  }
  size_t rest = SkipSpace(text, at + 1);
  if (rest != text.size()) return Fail(ArrayError(rest, "something follows the array"));
  return parts;
}

std::vector<JsonPart> SplitLines(std::string_view text, size_t count_max) {
  std::vector<JsonPart> parts;
  int64_t line = 0;
  for (size_t at = 0; at < text.size() && parts.size() < count_max;) {
    size_t end = std::min(text.find('\n', at), text.size());
    ++line;
    size_t begin = SkipSpace(text.substr(0, end), at);
    size_t last = end;
    while (last > begin && JsonTokens::IsJsonSpace(text[last - 1])) --last;
    if (last > begin) parts.push_back({text.substr(begin, last - begin), begin, line});
    at = end + 1;
  }
  return parts;
}

std::optional<JsonError> JsonDocument::Parse(std::string_view text) {
  size_t i = 0;
  bool whole = tokens_.Index(text) && SkipJsonValue(tokens_, &i, 0) == JsonFault::kNone && i == tokens_.size();
  if (whole) return std::nullopt;
  std::optional<JsonError> error = CheckJson(text);
  return error ? error : JsonError{0, "text that cannot be read"};
}

}  // namespace tailrace
