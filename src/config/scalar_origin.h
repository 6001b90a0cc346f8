// Where each byte of a scalar's text stands in the file: through quotes, escapes, folding, block indentation and
// `${...}`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "config/source_text.h"
#include "config/yaml.h"

namespace tailrace::config {

// Values: holds no reference.
class ScalarOrigin {
 public:
  ScalarOrigin(const Node& scalar, const SourceText& source);

  // Byte of the file for a byte of Node::text; its end for what lies beyond. All of a replacement is its `${`.
  size_t FileOffset(size_t text_offset) const;
  // The same for a byte of the text as written.
  size_t WrittenFileOffset(size_t written_offset) const;

 private:
  std::vector<uint32_t> written_origin_;  // one for each byte of the text as written, and one for its end
  std::vector<Replacement> replacements_;
};

}  // namespace tailrace::config
