// Bytes of any kind as text that JSON can hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::engine {

// Whether a byte string can stand in JSON as it is and be read again: well-formed UTF-8 (RFC 3629) without NUL, which no reader of records takes.
bool IsUtf8(std::string_view bytes);

// Base64 with padding (RFC 4648, section 4).
std::string Base64(std::string_view bytes);

// Nullopt: not such a text.
std::optional<std::string> FromBase64(std::string_view text);

}  // namespace tailrace::engine
