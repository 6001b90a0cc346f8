// The text of a YAML scalar from the bytes of the file (YAML 1.2, chapters 7 and 8), and where each byte of it comes
// from. libfyaml 0.7 finds where a scalar begins and ends, but reads '''' and folded blocks wrongly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace tailrace::config {

struct ScalarText {
  std::string text;
  std::vector<uint32_t> origin;  // byte of the file for each byte of the text
};

// `scalar` says style, begin, end (of a block scalar: where its content begins, at the start of a line) and parent
// indentation.
ScalarText ReadScalarText(const Node& scalar, std::string_view file);

}  // namespace tailrace::config
