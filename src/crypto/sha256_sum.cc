#include "crypto/sha256_sum.h"

#include <openssl/evp.h>

#include "base/check.h"
#include "crypto/digest.h"

namespace tailrace::crypto {

struct Sha256Sum::Context {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(context); }
};

Sha256Sum::Sha256Sum() : context_(std::make_unique<Context>()) { TR_CHECK(EVP_DigestInit_ex(context_->context, EVP_sha256(), nullptr) == 1); }
Sha256Sum::~Sha256Sum() = default;

void Sha256Sum::Add(std::string_view bytes) { TR_CHECK(EVP_DigestUpdate(context_->context, bytes.data(), bytes.size()) == 1); }

std::string Sha256Sum::Finish() {
  std::string digest(kSha256Bytes, '\0');
  TR_CHECK(EVP_DigestFinal_ex(context_->context, reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
  return digest;
}

}  // namespace tailrace::crypto
