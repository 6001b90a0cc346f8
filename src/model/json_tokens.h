// Where each token of a JSON text begins: simdjson's first stage, with the walk over its tokens left to us, because a
// schema's checks need more than a value (the digits of a decimal, repeated fields, the place of a fault).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tailrace {

// Objects and lists in each other, at most.
inline constexpr int kJsonDepthMax = 64;

// Threads: one. Ownership: views the indexed text, which must stay as it is while tokens are asked for.
class JsonTokens {
 public:
  JsonTokens();
  JsonTokens(JsonTokens&&) noexcept;
  JsonTokens& operator=(JsonTokens&&) noexcept;
  ~JsonTokens();

  // Finds the tokens: `{ } [ ] : ,`, each string from its quote on, each number and word. False when `text` is empty,
  // is not UTF-8, has a string that does not end or a bare control character in one, or exceeds 4 GB.
  bool Index(std::string_view text);

  size_t size() const { return size_; }

  // First character of token `i`, or NUL behind the last.
  char kind(size_t i) const { return i < size_ ? text_[offsets_[i]] : '\0'; }

  // Place of token `i` in the text; of the text's end behind the last token.
  size_t offset(size_t i) const { return i < size_ ? offsets_[i] : text_.size(); }

  // Token `i` without the white space behind it. A string has both its quotes.
  std::string_view token(size_t i) const {
    size_t begin = offset(i);
    size_t end = offset(i + 1);
    while (end > begin && IsJsonSpace(text_[end - 1])) --end;
    return text_.substr(begin, end - begin);
  }

  // A string token's content, still escaped.
  std::string_view string_content(size_t i) const {
    std::string_view quoted = token(i);
    return quoted.substr(1, quoted.size() - 2);
  }

  std::string_view text() const { return text_; }

  static bool IsJsonSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::string_view text_;
  const uint32_t* offsets_ = nullptr;
  size_t size_ = 0;
};

enum class JsonFault { kNone, kSyntax, kNul, kSurrogate, kDepth };

// Unescapes a string's content (valid UTF-8, no bare control characters) to the end of `out`. kSyntax: an unknown
// escape; kNul: \u0000, which no column can hold; kSurrogate: half of a pair.
JsonFault UnescapeJson(std::string_view content, std::string* out);

// Checks a string's content without keeping it.
JsonFault CheckJsonString(std::string_view content);

// Walks over the value that begins at token `*i`, checking all of it, and leaves `*i` behind it. On a fault `*i` is at
// the token at fault. `depth` is how deep the value stands already.
JsonFault SkipJsonValue(const JsonTokens& tokens, size_t* i, int depth);

// The text of the value from token `begin` to before token `end`.
std::string_view JsonSlice(const JsonTokens& tokens, size_t begin, size_t end);

}  // namespace tailrace
