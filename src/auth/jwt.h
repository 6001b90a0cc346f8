// JSON Web Tokens (RFC 7519) signed by others, as JWS compact serialization (RFC 7515), after the advice of RFC 8725: algorithms fixed
// beforehand, a key for one algorithm alone, every check that can be made, made.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "auth/caller.h"
#include "auth/jwks.h"
#include "base/result.h"

namespace tailrace::auth {

struct JwtOptions {
  std::string issuer;                              // `iss` is this
  std::vector<std::string> audiences;              // `aud` is, or holds, one of these
  std::set<crypto::SignatureAlgorithm> algorithms; // no other is taken, whatever the token says
  std::string roles_claim = "tailrace_roles";      // a list of texts, or one text with spaces; words that are no role of ours are passed over
  std::string limits_claim;                        // the same, of KIND:NAME; empty: tokens are not limited; else each must have it
  std::chrono::seconds leeway{30};                 // clocks may differ by this
};

std::optional<crypto::SignatureAlgorithm> ParseAlgorithm(std::string_view name);

// The caller that the token speaks for. The text of kInvalid tells a holder of a token that was signed rightly what is wrong with it,
// and everybody else that it is none. kNotFound: it names a key that is not in `keys`.
Result<CallerPtr> VerifyJwt(std::string_view token, const JwtOptions& options, const TokenKeys& keys, WallTime now);

}  // namespace tailrace::auth
