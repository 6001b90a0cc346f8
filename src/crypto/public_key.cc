#include "crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <string>

namespace tailrace::crypto {
namespace {

constexpr size_t kP256Bytes = 32;
constexpr size_t kEd25519Bytes = 32;
constexpr char kUncompressedPoint = 4;

template <auto kFree>
struct Free {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Number = std::unique_ptr<BIGNUM, Free<BN_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Free<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Free<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Free<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Free<ECDSA_SIG_free>>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Number NumberOf(std::string_view bytes) { return Number(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr)); }

EVP_PKEY* KeyOf(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1) return nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) return nullptr;
  return key;
}

// Whether its numbers can be those of a key: a point that is on the curve, for one.
bool IsSound(EVP_PKEY* key) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
}

// r and s side by side become the DER that OpenSSL reads; nothing for another length.
std::string DerOf(std::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  const Signature pair(ECDSA_SIG_new());
  Number r = NumberOf(signature.substr(0, kP256Bytes));
  Number s = NumberOf(signature.substr(kP256Bytes));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // the pair's now
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

}  // namespace

PublicKey::PublicKey(SignatureAlgorithm algorithm, evp_pkey_st* key) : algorithm_(algorithm), key_(key, EVP_PKEY_free) {}

Result<PublicKey> PublicKey::Rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kRsaBitsMax / 8 + 1 || exponent.size() > sizeof(uint64_t)) return Fail(Error::Invalid("an RSA key of this size is not taken"));
  const Number n = NumberOf(modulus);
  const Number e = NumberOf(exponent);
  const auto bits = static_cast<size_t>(n ? BN_num_bits(n.get()) : 0);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) return Fail(Error::Invalid("an RSA key has 2048 to 8192 bits, this one " + std::to_string(bits)));
  if (!e || !BN_is_odd(e.get()) || !BN_is_odd(n.get()) || BN_is_one(e.get())) return Fail(Error::Invalid("the numbers are not those of an RSA key"));
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return Fail(Error::Internal("OpenSSL takes no numbers"));
  }
  EVP_PKEY* const key = KeyOf("RSA", builder.get());
  if (key == nullptr) return Fail(Error::Invalid("the numbers are not those of an RSA key"));
  return PublicKey(SignatureAlgorithm::kRs256, key);
}

Result<PublicKey> PublicKey::P256(std::string_view x, std::string_view y) {
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) return Fail(Error::Invalid("a point of P-256 has two numbers of 32 bytes"));
  std::string point(1, kUncompressedPoint);
  point += x;
  point += y;
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return Fail(Error::Internal("OpenSSL takes no numbers"));
  }
  EVP_PKEY* const key = KeyOf("EC", builder.get());
  if (key == nullptr) return Fail(Error::Invalid("the numbers are no point of P-256"));
  PublicKey made(SignatureAlgorithm::kEs256, key);
  if (!IsSound(key)) return Fail(Error::Invalid("the numbers are no point of P-256"));
  return made;
}

Result<PublicKey> PublicKey::Ed25519(std::string_view x) {
  if (x.size() != kEd25519Bytes) return Fail(Error::Invalid("an Ed25519 key has 32 bytes"));
  EVP_PKEY* const key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(x), x.size());
  if (key == nullptr) return Fail(Error::Invalid("this is no Ed25519 key"));
  return PublicKey(SignatureAlgorithm::kEdDsa, key);
}

bool PublicKey::Verify(std::string_view message, std::string_view signature) const {
  std::string der;
  if (algorithm_ == SignatureAlgorithm::kEs256) {
    der = DerOf(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* const digest = algorithm_ == SignatureAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  bool is_right = context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1;
  is_right = is_right && EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message), message.size()) == 1;
  ERR_clear_error();  // a wrong signature leaves its reason in the thread's queue, where TLS would find it
  return is_right;
}

}  // namespace tailrace::crypto
