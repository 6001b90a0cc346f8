// What a YAML syntax error means for the one who wrote the file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "config/source_text.h"

namespace tailrace::config {

// `parser_message` is libfyaml's, `offset` where it stopped.
std::string ExplainSyntaxError(std::string_view parser_message, const SourceText& source, size_t offset);

// Whether a `#` after a space cuts this line short outside quotes.
bool HasComment(std::string_view line);

}  // namespace tailrace::config
