#include "config/scalar_origin.h"

#include <algorithm>

#include "config/scalar_text.h"

namespace tailrace::config {

ScalarOrigin::ScalarOrigin(const Node& scalar, const SourceText& source)
    : written_origin_(ReadScalarText(scalar, source.text()).origin), replacements_(scalar.replacements) {
  const uint32_t behind = written_origin_.empty() ? static_cast<uint32_t>(scalar.begin) : written_origin_.back() + 1;
  written_origin_.push_back(behind);
}

size_t ScalarOrigin::WrittenFileOffset(size_t written_offset) const {
  return written_origin_[std::min(written_offset, written_origin_.size() - 1)];
}

size_t ScalarOrigin::FileOffset(size_t text_offset) const {
  size_t end_in_text = 0;  // of the last replacement before the offset
  size_t end_in_written = 0;
  for (const Replacement& replacement : replacements_) {
    if (text_offset < replacement.begin) break;
    if (text_offset < replacement.begin + replacement.length) return WrittenFileOffset(replacement.written_begin);
    end_in_text = replacement.begin + replacement.length;
    end_in_written = replacement.written_begin + replacement.written_length;
  }
  return WrittenFileOffset(end_in_written + (text_offset - end_in_text));
}

}  // namespace tailrace::config
