#include "config/scalar_origin.h"

#include <algorithm>

namespace tailrace::config {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Walks the file's bytes of a scalar, one character of the text at a time.
class SourceWalk {
 public:
  SourceWalk(std::string_view source, ScalarStyle style) : source_(source), style_(style) {}

  size_t at() const { return at_; }

  // Past all white space, written or escaped.
  void SkipSpace() {
    while (const size_t length = SpaceLength()) at_ += length;
  }

  // Past one character that is not white space; returns how many bytes of the text it makes, given how many the text
  // has.
  size_t TakeCharacter(size_t text_character_bytes) {
    if (at_ >= source_.size()) return 1;
    if (style_ == ScalarStyle::kSingleQuoted && source_.substr(at_, 2) == "''") {
      at_ += 2;
      return 1;
    }
    if (style_ == ScalarStyle::kDoubleQuoted && source_[at_] == '\\') {
      at_ = std::min(at_ + EscapeLength(), source_.size());
      return text_character_bytes;
    }
    ++at_;
    return 1;
  }

 private:
  size_t SpaceLength() const {
    if (at_ >= source_.size()) return 0;
    if (IsSpace(source_[at_])) return 1;
    const bool escape = style_ == ScalarStyle::kDoubleQuoted && source_[at_] == '\\' && at_ + 1 < source_.size();
    if (!escape) return 0;
    const char next = source_[at_ + 1];
    return IsSpace(next) || next == 'n' || next == 't' || next == 'r' ? 2 : 0;
  }

  size_t EscapeLength() const {
    switch (at_ + 1 < source_.size() ? source_[at_ + 1] : '\0') {
      case 'x':
        return 4;
      case 'u':
        return 6;
      case 'U':
        return 10;
      default:
        return 2;
    }
  }

  std::string_view source_;
  ScalarStyle style_;
  size_t at_ = 0;
};

size_t CharacterBytes(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

std::vector<uint32_t> Align(std::string_view text, std::string_view source, ScalarStyle style, size_t base) {
  std::vector<uint32_t> origin;
  origin.reserve(text.size() + 1);
  const auto place = [base](size_t at) { return static_cast<uint32_t>(base + at); };
  SourceWalk walk(source, style);
  while (origin.size() < text.size()) {
    const size_t space_begin = walk.at();
    walk.SkipSpace();
    const size_t space_last = walk.at() > space_begin ? walk.at() - 1 : space_begin;
    for (size_t k = 0; origin.size() < text.size() && IsSpace(text[origin.size()]); ++k) {
      origin.push_back(place(std::min(space_begin + k, space_last)));
    }
    if (origin.size() >= text.size()) break;
    const size_t begin = walk.at();
    const size_t bytes = walk.TakeCharacter(CharacterBytes(text, origin.size()));
    for (size_t k = 0; k < bytes && origin.size() < text.size(); ++k) origin.push_back(place(begin));
  }
  origin.push_back(place(std::max(walk.at(), size_t{0})));
  return origin;
}

}  // namespace

ScalarOrigin::ScalarOrigin(const Node& scalar, const SourceText& source) : replacements_(scalar.replacements) {
  const std::string_view bytes = source.text().substr(scalar.begin, scalar.end - scalar.begin);
  written_origin_ = Align(scalar.shown(), bytes, scalar.style, scalar.begin);
}

size_t ScalarOrigin::WrittenFileOffset(size_t written_offset) const {
  return written_origin_[std::min(written_offset, written_origin_.size() - 1)];
}

size_t ScalarOrigin::FileOffset(size_t text_offset) const {
  size_t shift_text = 0;  // ends of the last replacement before the offset
  size_t shift_written = 0;
  for (const Replacement& replacement : replacements_) {
    if (text_offset < replacement.begin) break;
    if (text_offset < replacement.begin + replacement.length) return WrittenFileOffset(replacement.written_begin);
    shift_text = replacement.begin + replacement.length;
    shift_written = replacement.written_begin + replacement.written_length;
  }
  return WrittenFileOffset(shift_written + (text_offset - shift_text));
}

}  // namespace tailrace::config
