#include "auth/base64url.h"

#include <cstdint>

namespace tailrace::auth {
namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int kBitsOfLetter = 6;
constexpr int kBitsOfByte = 8;

}  // namespace

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const size_t letter = kLetters.find(c);
    if (letter == std::string_view::npos) return std::nullopt;
    bits = (bits << kBitsOfLetter) | static_cast<uint32_t>(letter);
    held += kBitsOfLetter;
    if (held < kBitsOfByte) continue;
    held -= kBitsOfByte;
    bytes += static_cast<char>(bits >> held);
    bits &= (1U << held) - 1;
  }
  return bits == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string EncodeBase64Url(std::string_view bytes) {
  std::string text;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << kBitsOfByte) | static_cast<unsigned char>(c);
    held += kBitsOfByte;
    while (held >= kBitsOfLetter) {
      held -= kBitsOfLetter;
      text += kLetters[(bits >> held) & 63U];
    }
    bits &= (1U << held) - 1;
  }
  if (held > 0) text += kLetters[(bits << (kBitsOfLetter - held)) & 63U];
  return text;
}

}  // namespace tailrace::auth
