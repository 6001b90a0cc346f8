// API keys as text: `tr_` + ID + `_` + SECRET + CHECKSUM, for example tr_7k2m9x0q_4fW...; letters and digits only.
//
//   prefix     "tr_": what scanners of source code look for: \btr_[0-9a-z]{8}_[0-9A-Za-z]{38}\b
//   id         8 of 0-9a-z: names the key for people, in lists and logs; no secret
//   secret     32 of 0-9A-Za-z: 190 random bits
//   checksum   6 of 0-9A-Za-z: CRC-32C of all before it, base 62, so that a slip of the pen is found without asking anybody
//
// What is kept of a key is the SHA-256 of its text. A slow hash would protect a password, which can be guessed; 190 random bits
// cannot, and a slow hash would let strangers burn the server's time.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tailrace::auth {

inline constexpr std::string_view kApiKeyPrefix = "tr_";
inline constexpr size_t kApiKeyIdBytes = 8;
inline constexpr size_t kApiKeySecretBytes = 32;
inline constexpr size_t kApiKeyChecksumBytes = 6;
inline constexpr size_t kApiKeyBytes = kApiKeyPrefix.size() + kApiKeyIdBytes + 1 + kApiKeySecretBytes + kApiKeyChecksumBytes;

struct ApiKey {
  std::string id;
  std::string text;  // secret
};

// A new one. kUnavailable: there are no random bytes.
Result<ApiKey> NewApiKey();

// An access key as Amazon's clients want one: an id of 20 of A-Z2-7 that begins with "TR", and a secret of 40 of 0-9A-Za-z (238 random bits).
// What is kept of it is the secret, sealed: a signature can only be checked with it.
struct AccessKey {
  std::string id;
  std::string secret;  // secret
};
inline constexpr size_t kAccessKeyIdBytes = 20;

// A new one. kUnavailable: there are no random bytes.
Result<AccessKey> NewAccessKey();

// The text of a key of these parts, with its checksum.
std::string ApiKeyText(std::string_view id, std::string_view secret);

// The id of a text that has the form and the checksum of a key; nullopt for any other.
std::optional<std::string_view> ApiKeyId(std::string_view text);

// Whether it begins as a key does, right or wrong.
bool LooksLikeApiKey(std::string_view text);

}  // namespace tailrace::auth
