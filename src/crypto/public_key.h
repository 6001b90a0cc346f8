// Public keys of signed tokens, and the signatures of JSON Web Algorithms (RFC 7518, RFC 8037).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace tailrace::crypto {

// RSASSA-PKCS1-v1_5 with SHA-256; ECDSA over P-256 with SHA-256; Ed25519.
enum class SignatureAlgorithm { kRs256, kEs256, kEdDsa };

inline constexpr size_t kRsaBitsMin = 2048;
inline constexpr size_t kRsaBitsMax = 8192;

// A key is for one algorithm and no other. Threads: thread-safe as const. Values: cheap to copy.
class PublicKey {
 public:
  // Numbers big-endian, as in RFC 7518, 6. kInvalid: no such key, or one that is too weak.
  static Result<PublicKey> Rsa(std::string_view modulus, std::string_view exponent);
  static Result<PublicKey> P256(std::string_view x, std::string_view y);
  static Result<PublicKey> Ed25519(std::string_view x);

  SignatureAlgorithm algorithm() const { return algorithm_; }

  // Whether it is the signature of `message`, in the form that RFC 7518, 3 and RFC 8037, 3.1 give it.
  bool Verify(std::string_view message, std::string_view signature) const;

 private:
  PublicKey(SignatureAlgorithm algorithm, evp_pkey_st* key);

  SignatureAlgorithm algorithm_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace tailrace::crypto
