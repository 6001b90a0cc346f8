// A set of public keys as JSON (RFC 7517).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/public_key.h"

namespace tailrace::auth {

inline constexpr size_t kJwksBytesMax = 1 << 20;
inline constexpr size_t kJwksKeysMax = 100;

struct TokenKey {
  std::string id;  // `kid`; empty: it has none
  crypto::PublicKey key;
};

using TokenKeys = std::vector<TokenKey>;

// Keys for RS256, ES256 and EdDSA with Ed25519; those of other kinds, for other uses or for other algorithms are left out.
// kInvalid: no such set, a key of these kinds that is none, an id that is there twice, or no key that is left.
Result<TokenKeys> ParseJwks(std::string_view json);

}  // namespace tailrace::auth
