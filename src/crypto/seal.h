// Secrets that must be read again, kept on disk so that whoever has the file alone cannot: AES-256-GCM (NIST SP 800-38D) under a key that
// stands elsewhere. And the keyed digest that signatures are made with.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::crypto {

inline constexpr size_t kSealKeyBytes = 32;

// nonce (12 bytes) + ciphertext + tag (16). `context` is not kept, and must be the same when it is opened, so that what was sealed for one
// thing is nothing in the place of another. kUnavailable: there are no random bytes. Threads: from any.
Result<std::string> Seal(std::string_view key, std::string_view context, std::string_view secret);

// kInvalid: not sealed with this key and context, or changed since.
Result<std::string> Unseal(std::string_view key, std::string_view context, std::string_view sealed);

// HMAC-SHA-256 (RFC 2104): kSha256Bytes bytes.
std::string HmacSha256(std::string_view key, std::string_view text);

}  // namespace tailrace::crypto
