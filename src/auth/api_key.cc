#include "auth/api_key.h"

#include <algorithm>

#include "base/crc32c.h"
#include "crypto/digest.h"

namespace tailrace::auth {
namespace {

constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kIdLetters = kLetters.substr(0, 36);
constexpr std::string_view kAccessKeyPrefix = "TR";
constexpr std::string_view kAccessKeyLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr size_t kAccessKeySecretBytes = 40;

// `count` letters, each as likely as any other: bytes that would favour some are thrown away.
Result<std::string> RandomLetters(std::string_view letters, size_t count) {
  const size_t usable = 256 / letters.size() * letters.size();
  std::string text;
  while (text.size() < count) {
    TR_TRY(const std::string bytes, crypto::RandomBytes(count * 2));
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < usable && text.size() < count) text += letters[byte % letters.size()];
    }
  }
  return text;
}

std::string Checksum(std::string_view text) {
  uint32_t crc = Crc32c(text);
  std::string digits(kApiKeyChecksumBytes, kLetters.front());
  for (size_t i = digits.size(); i > 0; --i) {
    digits[i - 1] = kLetters[crc % kLetters.size()];
    crc /= static_cast<uint32_t>(kLetters.size());
  }
  return digits;
}

bool IsOf(std::string_view text, std::string_view letters) { return text.find_first_not_of(letters) == std::string_view::npos; }

}  // namespace

Result<ApiKey> NewApiKey() {
  ApiKey key;
  TR_TRY(key.id, RandomLetters(kIdLetters, kApiKeyIdBytes));
  TR_TRY(std::string secret, RandomLetters(kLetters, kApiKeySecretBytes));
  key.text = ApiKeyText(key.id, secret);
  crypto::Wipe(secret);
  return key;
}

Result<AccessKey> NewAccessKey() {
  AccessKey key;
  TR_TRY(key.id, RandomLetters(kAccessKeyLetters, kAccessKeyIdBytes - kAccessKeyPrefix.size()));
  key.id.insert(0, kAccessKeyPrefix);
  TR_TRY(key.secret, RandomLetters(kLetters, kAccessKeySecretBytes));
  return key;
}

std::string ApiKeyText(std::string_view id, std::string_view secret) {
  std::string text;
  text.reserve(kApiKeyBytes);
  text += kApiKeyPrefix;
  text += id;
  text += '_';
  text += secret;
  text += Checksum(text);
  return text;
}

std::optional<std::string_view> ApiKeyId(std::string_view text) {
  if (text.size() != kApiKeyBytes || !text.starts_with(kApiKeyPrefix)) return std::nullopt;
  const std::string_view id = text.substr(kApiKeyPrefix.size(), kApiKeyIdBytes);
  const std::string_view secret = text.substr(kApiKeyPrefix.size() + kApiKeyIdBytes + 1);
  const char between = text[kApiKeyPrefix.size() + kApiKeyIdBytes];
  if (between != '_' || !IsOf(id, kIdLetters) || !IsOf(secret, kLetters)) return std::nullopt;
  const size_t checked = kApiKeyBytes - kApiKeyChecksumBytes;
  if (Checksum(text.substr(0, checked)) != text.substr(checked)) return std::nullopt;
  return id;
}

bool LooksLikeApiKey(std::string_view text) { return text.starts_with(kApiKeyPrefix); }

}  // namespace tailrace::auth
