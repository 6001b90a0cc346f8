// The text of a pipeline file, from byte offsets to lines and columns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/spec.h"

namespace tailrace::config {

// A line of the file cut to a length that can be shown, and the character in it that is meant.
struct Excerpt {
  std::string text;
  int mark = 1;  // character within `text`, from 1
};

// Columns count characters (code points), not bytes. Values: borrows nothing, no I/O.
class SourceText {
 public:
  explicit SourceText(std::string bytes);

  std::string_view text() const { return text_; }
  Place PlaceAt(size_t offset) const;
  // Byte offset of a line and column, both from 1; beyond the line's end is its end.
  size_t OffsetAt(int line, int column) const;
  // Without the line's end.
  std::string_view Line(int line) const;
  int line_count() const { return static_cast<int>(line_starts_.size()); }
  Excerpt ExcerptAt(size_t offset) const;

 private:
  size_t LineIndex(size_t offset) const;
  size_t CharactersBefore(size_t offset) const;

  std::string text_;
  std::vector<size_t> line_starts_;
  std::vector<size_t> characters_before_block_;
};

// Characters in a well-formed text.
size_t CharacterCount(std::string_view utf8);

// `text` in quotes for a message: control characters escaped, long texts cut.
std::string Quoted(std::string_view text);

}  // namespace tailrace::config
