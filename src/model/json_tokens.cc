#include "model/json_tokens.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>

#include "model/decimal.h"

namespace tailrace {
namespace {

constexpr size_t kCapacityMin = 4096;
// An index larger than this is given back once smaller texts follow.
constexpr size_t kCapacityKept = 1 << 20;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The four digits behind `\u`; -1 when they are not.
int32_t CodeUnit(std::string_view content, size_t at) {
  if (content.size() < at + 4) return -1;
  int32_t unit = 0;
  for (size_t i = at; i < at + 4; ++i) {
    int digit = HexDigit(content[i]);
    if (digit < 0) return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

void AppendUtf8(int32_t code, std::string* out) {
  auto push = [out](int32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    push(code);
  } else if (code < 0x800) {
    push(0xC0 | code >> 6);
    push(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    push(0xE0 | code >> 12);
    push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  } else {
    push(0xF0 | code >> 18);
    push(0x80 | (code >> 12 & 0x3F));
    push(0x80 | (code >> 6 & 0x3F));
    push(0x80 | (code & 0x3F));
  }
}

// Reads the character of the `\u` whose digits begin at `*at`, a pair of surrogates as one.
JsonFault TakeUnicode(std::string_view content, size_t* at, int32_t* code) {
  int32_t unit = CodeUnit(content, *at);
  if (unit < 0) return JsonFault::kSyntax;
  if (unit == 0) return JsonFault::kNul;
  *at += 4;
  *code = unit;
  if (unit < 0xD800 || unit > 0xDFFF) return JsonFault::kNone;
  if (unit > 0xDBFF || content.substr(*at, 2) != "\\u") return JsonFault::kSurrogate;
  int32_t low = CodeUnit(content, *at + 2);
  if (low < 0) return JsonFault::kSyntax;
  if (low < 0xDC00 || low > 0xDFFF) return JsonFault::kSurrogate;
  *at += 6;
  *code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  return JsonFault::kNone;
}

char SimpleEscape(char letter) {
  switch (letter) {
    case '"': return '"';
    case '\\': return '\\';
    case '/': return '/';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return '\0';
  }
}

bool IsScalar(std::string_view token) {
  switch (token.front()) {
    case 't': return token == "true";
    case 'f': return token == "false";
    case 'n': return token == "null";
    default: break;
  }
  std::optional<NumberParts> number = ScanNumber(token);
  return number && number->is_json;
}

// Recursion is bounded by kJsonDepthMax.
class Skipper {
 public:
  Skipper(const JsonTokens& tokens, size_t* i, int depth) : tokens_(tokens), i_(*i), depth_(depth) {}

  JsonFault Value() {
    switch (tokens_.kind(i_)) {
      case '{': return Nested('}');
      case '[': return Nested(']');
      case '"': return String();
      case '\0': return JsonFault::kSyntax;
      default: return IsScalar(tokens_.token(i_)) ? (++i_, JsonFault::kNone) : JsonFault::kSyntax;
    }
  }

 private:
  JsonFault String() {
    JsonFault fault = CheckJsonString(tokens_.string_content(i_));
    if (fault == JsonFault::kNone) ++i_;
    return fault;
  }

  JsonFault Nested(char close) {
    if (++depth_ > kJsonDepthMax) return JsonFault::kDepth;
    ++i_;
    if (tokens_.kind(i_) == close) return Leave();
    while (true) {
      if (close == '}') {
        if (tokens_.kind(i_) != '"') return JsonFault::kSyntax;
        if (JsonFault fault = String(); fault != JsonFault::kNone) return fault;
        if (tokens_.kind(i_) != ':') return JsonFault::kSyntax;
        ++i_;
      }
      if (JsonFault fault = Value(); fault != JsonFault::kNone) return fault;
      if (tokens_.kind(i_) == close) return Leave();
      if (tokens_.kind(i_) != ',') return JsonFault::kSyntax;
      ++i_;
    }
  }

  JsonFault Leave() {
    --depth_;
    ++i_;
    return JsonFault::kNone;
  }

  const JsonTokens& tokens_;
  size_t& i_;
  int depth_;
};

}  // namespace

// simdjson's `internal` interface: its first stage has no other. The version is Debian's; the unit tests hold what we
// need of it.
struct JsonTokens::Impl {
  std::unique_ptr<simdjson::internal::dom_parser_implementation> stage;
  size_t capacity = 0;

  bool Reserve(size_t bytes) {
    bool too_small = bytes > capacity;
    bool too_large = capacity > kCapacityKept && bytes <= kCapacityKept;
    if (!too_small && !too_large) return true;
    size_t wanted = std::max(bytes + bytes / 4, kCapacityMin);
    capacity = 0;
    stage.reset();
    auto error = simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, kJsonDepthMax, stage);
    if (error) return false;
    capacity = wanted;
    return true;
  }
};

JsonTokens::JsonTokens() : impl_(std::make_unique<Impl>()) {}
JsonTokens::JsonTokens(JsonTokens&&) noexcept = default;
JsonTokens& JsonTokens::operator=(JsonTokens&&) noexcept = default;
JsonTokens::~JsonTokens() = default;

bool JsonTokens::Index(std::string_view text) {
  text_ = text;
  size_ = 0;
  if (text.empty() || text.size() > UINT32_MAX - 64 || !impl_->Reserve(text.size())) return false;
  auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  if (impl_->stage->stage1(bytes, text.size(), simdjson::stage1_mode::regular)) return false;
  offsets_ = impl_->stage->structural_indexes.get();
  size_ = impl_->stage->n_structural_indexes;
  return true;
}

JsonFault UnescapeJson(std::string_view content, std::string* out) {
  size_t at = 0;
  while (true) {
    size_t escape = content.find('\\', at);
    out->append(content.substr(at, escape - at));
    if (escape == std::string_view::npos) return JsonFault::kNone;
    char letter = escape + 1 < content.size() ? content[escape + 1] : '\0';
    at = escape + 2;
    if (letter == 'u') {
      int32_t code = 0;
      if (JsonFault fault = TakeUnicode(content, &at, &code); fault != JsonFault::kNone) return fault;
      AppendUtf8(code, out);
    } else {
      char plain = SimpleEscape(letter);
      if (plain == '\0') return JsonFault::kSyntax;
      out->push_back(plain);
    }
  }
}

JsonFault CheckJsonString(std::string_view content) {
  size_t escape = content.find('\\');
  while (escape != std::string_view::npos) {
    char letter = escape + 1 < content.size() ? content[escape + 1] : '\0';
    size_t at = escape + 2;
    int32_t code = 0;
    if (letter == 'u') {
      if (JsonFault fault = TakeUnicode(content, &at, &code); fault != JsonFault::kNone) return fault;
    } else if (SimpleEscape(letter) == '\0') {
      return JsonFault::kSyntax;
    }
    escape = content.find('\\', at);
  }
  return JsonFault::kNone;
}

JsonFault SkipJsonValue(const JsonTokens& tokens, size_t* i, int depth) { return Skipper(tokens, i, depth).Value(); }

std::string_view JsonSlice(const JsonTokens& tokens, size_t begin, size_t end) {
  size_t from = tokens.offset(begin);
  std::string_view last = tokens.token(end - 1);
  size_t to = tokens.offset(end - 1) + last.size();
  return tokens.text().substr(from, to - from);
}

}  // namespace tailrace
