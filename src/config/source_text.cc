#include "config/source_text.h"

#include <algorithm>

#include "base/utf8.h"

namespace tailrace::config {
namespace {

constexpr size_t kExcerptCharactersMax = 160;
constexpr size_t kExcerptCharactersBefore = 100;
constexpr size_t kQuotedBytesMax = 80;
constexpr size_t kBlockBytes =
    1024;  // characters are counted once for each, so that a place in a line of megabytes is cheap

// Offset `characters` after `from` (a character's start) in `line`, at most its end.
size_t Advance(std::string_view line, size_t from, size_t characters) {
  size_t at = from;
  while (characters > 0 && at < line.size()) {
    ++at;
    while (at < line.size() && IsUtf8Continuation(line[at])) ++at;
    --characters;
  }
  return at;
}

}  // namespace

SourceText::SourceText(std::string bytes) : text_(std::move(bytes)) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < text_.size(); ++i) {
    if (text_[i] == '\n') line_starts_.push_back(i + 1);
  }
  size_t characters = 0;
  for (size_t block = 0; block * kBlockBytes <= text_.size(); ++block) {
    characters_before_block_.push_back(characters);
    characters += CharacterCount(text().substr(block * kBlockBytes, kBlockBytes));
  }
}

size_t SourceText::CharactersBefore(size_t offset) const {
  const size_t block = offset / kBlockBytes;
  const size_t start = block * kBlockBytes;
  return characters_before_block_[block] + CharacterCount(text().substr(start, offset - start));
}

size_t SourceText::LineIndex(size_t offset) const {
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), std::min(offset, text_.size()));
  return static_cast<size_t>(next - line_starts_.begin()) - 1;
}

Place SourceText::PlaceAt(size_t offset) const {
  offset = std::min(offset, text_.size());
  const size_t line = LineIndex(offset);
  const size_t before = CharactersBefore(offset) - CharactersBefore(line_starts_[line]);
  return {static_cast<int>(line) + 1, static_cast<int>(before) + 1};
}

size_t SourceText::OffsetAt(int line, int column) const {
  const int known_line = std::clamp(line, 1, line_count());
  const size_t start = line_starts_[static_cast<size_t>(known_line) - 1];
  return start + Advance(Line(known_line), 0, static_cast<size_t>(std::max(column, 1)) - 1);
}

std::string_view SourceText::Line(int line) const {
  if (line < 1 || line > line_count()) return {};
  const size_t index = static_cast<size_t>(line) - 1;
  const size_t start = line_starts_[index];
  const size_t end = index + 1 < line_starts_.size() ? line_starts_[index + 1] - 1 : text_.size();
  std::string_view found = text().substr(start, end - start);
  if (found.ends_with('\r')) found.remove_suffix(1);
  return found;
}

Excerpt SourceText::ExcerptAt(size_t offset) const {
  const size_t line = LineIndex(offset);
  const std::string_view whole = Line(static_cast<int>(line) + 1);
  const size_t within = std::min(std::min(offset, text_.size()) - line_starts_[line], whole.size());
  size_t begin = 0;
  // A line may be the whole file: count no more of it than is shown.
  for (size_t at = within, characters = 0; at > 0 && characters < kExcerptCharactersBefore;) {
    --at;
    if (!IsUtf8Continuation(whole[at])) ++characters;
    begin = at;
  }
  const size_t end = Advance(whole, begin, kExcerptCharactersMax);
  return {std::string(whole.substr(begin, end - begin)),
          static_cast<int>(CharacterCount(whole.substr(begin, within - begin))) + 1};
}

size_t CharacterCount(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return !IsUtf8Continuation(c); }));
}

std::string Quoted(std::string_view text) { return "\"" + ShownText(text, kQuotedBytesMax) + "\""; }

}  // namespace tailrace::config
