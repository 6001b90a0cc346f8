// Bodies that were compressed on the way.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::server {

enum class ContentCoding { kIdentity, kGzip, kZstd };

// By the value of Content-Encoding; nullopt: one that is not taken, or several.
std::optional<ContentCoding> ParseContentCoding(std::string_view value);

// The content of `body`, with `padding` NULs behind it that do not count.
// Errors: kInvalid = not of this coding, or cut short; kExhausted = more than `bytes_max`.
Result<std::string> Expand(ContentCoding coding, std::string_view body, size_t bytes_max, size_t padding);

}  // namespace tailrace::server
