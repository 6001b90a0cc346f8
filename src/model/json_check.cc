// Why a text is not JSON: the slow path behind a refusal, for messages only.
#include <cstring>

#include "model/json_text.h"

namespace tailrace {
namespace {

int FollowingBytes(unsigned char lead) {
  if (lead < 0x80) return 0;
  if (lead >= 0xC2 && lead <= 0xDF) return 1;
  if (lead >= 0xE0 && lead <= 0xEF) return 2;
  if (lead >= 0xF0 && lead <= 0xF4) return 3;
  return -1;
}

// Neither the long spelling of a short character, nor a surrogate, nor beyond the last character.
bool IsSecondByte(unsigned char lead, unsigned char second) {
  switch (lead) {
    case 0xE0: return second >= 0xA0;
    case 0xED: return second < 0xA0;
    case 0xF0: return second >= 0x90;
    case 0xF4: return second < 0x90;
    default: return true;
  }
}

// First byte that is not part of UTF-8; the size of the text when all is.
size_t Utf8End(std::string_view text) {
  auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  size_t at = 0;
  while (at < text.size()) {
    int following = FollowingBytes(byte(at));
    if (following < 0 || text.size() - at <= static_cast<size_t>(following)) return at;
    if (following > 0 && !IsSecondByte(byte(at), byte(at + 1))) return at;
    for (int i = 1; i <= following; ++i) {
      if ((byte(at + static_cast<size_t>(i)) & 0xC0) != 0x80) return at;
    }
    at += static_cast<size_t>(following) + 1;
  }
  return at;
}

// A string that does not end, or a bare control character in one. The text is UTF-8.
JsonError StringError(std::string_view text) {
  size_t opened = 0;
  bool open = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      open = !open;
      opened = i;
    } else if (open && text[i] == '\\') {
      ++i;
    } else if (open && static_cast<unsigned char>(text[i]) < 0x20) {
      return {i, "a bare control character in a string"};
    }
  }
  return {opened, "a string that does not end"};
}

std::string Describe(JsonFault fault, const JsonTokens& tokens, size_t i) {
  switch (fault) {
    case JsonFault::kNul: return "an escaped NUL (\\u0000)";
    case JsonFault::kSurrogate: return "half of a surrogate pair";
    case JsonFault::kDepth: return "more than " + std::to_string(kJsonDepthMax) + " levels of brackets";
    case JsonFault::kSyntax:
    case JsonFault::kNone: break;
  }
  if (i >= tokens.size()) return "the end of the text";
  if (tokens.kind(i) == '"' && CheckJsonString(tokens.string_content(i)) == JsonFault::kSyntax)
    return "an unknown escape";
  return std::string("`") + tokens.kind(i) + "` where it cannot stand";
}

}  // namespace

std::optional<JsonError> CheckJson(std::string_view text) {
  JsonTokens tokens;
  if (!tokens.Index(text)) {
    if (text.find_first_not_of(" \n\r\t") == std::string_view::npos) return JsonError{0, "nothing"};
    size_t valid = Utf8End(text);
    if (valid < text.size()) return JsonError{valid, "bytes that are not UTF-8"};
    return StringError(text);
  }
  size_t i = 0;
  JsonFault fault = SkipJsonValue(tokens, &i, 0);
  if (fault != JsonFault::kNone) return JsonError{tokens.offset(i), Describe(fault, tokens, i)};
  if (i < tokens.size()) return JsonError{tokens.offset(i), "something after the value"};
  return std::nullopt;
}

}  // namespace tailrace
