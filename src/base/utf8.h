// Text as UTF-8 (RFC 3629), and bytes of any kind as text that can be shown.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tailrace {

// Whether a byte is a later one of a character, 10xxxxxx.
constexpr bool IsUtf8Continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// Offset of the first byte that is not well-formed UTF-8.
std::optional<size_t> FirstNonUtf8(std::string_view bytes);

// The beginning of a long text, cut between characters, with `...` behind it.
std::string CutText(std::string_view text, size_t bytes_max);

// Bytes that may come from anywhere as one line of text for a message or a terminal, cut as by CutText: control characters, and what is not UTF-8, as
// `\xNN`; ends of lines and tabs as `\n` and `\t`.
std::string ShownText(std::string_view bytes, size_t bytes_max);

}  // namespace tailrace
