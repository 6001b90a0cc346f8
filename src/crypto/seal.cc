#include "crypto/seal.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <memory>

#include "base/check.h"
#include "crypto/digest.h"

namespace tailrace::crypto {
namespace {

constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* Bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int Length(std::string_view text) { return static_cast<int>(text.size()); }

Error NotSealed() { return Error::Invalid("a secret that was sealed with another key, or changed since"); }

}  // namespace

Result<std::string> Seal(std::string_view key, std::string_view context, std::string_view secret) {
  TR_CHECK(key.size() == kSealKeyBytes);
  TR_TRY(std::string sealed, RandomBytes(kNonceBytes));
  std::string cipher(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const Context state(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done = state != nullptr && EVP_EncryptInit_ex(state.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(sealed)) == 1 &&
                    EVP_EncryptUpdate(state.get(), nullptr, &written, Bytes(context), Length(context)) == 1 &&
                    EVP_EncryptUpdate(state.get(), Bytes(cipher), &written, Bytes(secret), Length(secret)) == 1 &&
                    EVP_EncryptFinal_ex(state.get(), nullptr, &written) == 1 &&
                    EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), Bytes(tag)) == 1;
  if (!done) return Fail(Error::Internal("OpenSSL does not seal"));
  return sealed + cipher + tag;
}

Result<std::string> Unseal(std::string_view key, std::string_view context, std::string_view sealed) {
  if (key.size() != kSealKeyBytes || sealed.size() < kNonceBytes + kTagBytes) return Fail(NotSealed());
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view cipher = sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string secret(cipher.size(), '\0');
  const Context state(EVP_CIPHER_CTX_new());
  int written = 0;
  const bool done = state != nullptr && EVP_DecryptInit_ex(state.get(), EVP_aes_256_gcm(), nullptr, Bytes(key), Bytes(nonce)) == 1 &&
                    EVP_DecryptUpdate(state.get(), nullptr, &written, Bytes(context), Length(context)) == 1 &&
                    EVP_DecryptUpdate(state.get(), Bytes(secret), &written, Bytes(cipher), Length(cipher)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(state.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), Bytes(tag)) == 1 &&
                    EVP_DecryptFinal_ex(state.get(), nullptr, &written) == 1;
  if (done) return secret;
  Wipe(secret);
  return Fail(NotSealed());
}

std::string HmacSha256(std::string_view key, std::string_view text) {
  std::string digest(kSha256Bytes, '\0');
  HMAC(EVP_sha256(), key.data(), Length(key), Bytes(text), text.size(), Bytes(digest), nullptr);
  return digest;
}

}  // namespace tailrace::crypto
