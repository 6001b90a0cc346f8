// base64url without padding (RFC 4648, 5), strictly: one text for one sequence of bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tailrace::auth {

// Nullopt: another letter, padding, a length that cannot be, or bits behind the end that are not zero.
std::optional<std::string> DecodeBase64Url(std::string_view text);

std::string EncodeBase64Url(std::string_view bytes);

}  // namespace tailrace::auth
