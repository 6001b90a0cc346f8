#include "config/fingerprint.h"

namespace tailrace::config {
namespace {

// Raised when what goes in changes: every materialisation of an older file then asks for a rebuild.
constexpr std::string_view kVersion = "1-";
constexpr int kHexDigits = 32;

__extension__ using Hash = unsigned __int128;

// Parameters of FNV-1a for 128 bits.
constexpr Hash kOffsetBasis = (Hash{0x6c62272e07bb0142} << 64) | Hash{0x62b821756295c58d};
constexpr Hash kPrime = (Hash{0x0000000001000000} << 64) | Hash{0x000000000000013b};

Hash Mix(Hash hash, std::string_view bytes) {
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return hash;
}

}  // namespace

std::string Fingerprint(const std::vector<std::string>& parts) {
  Hash hash = kOffsetBasis;
  for (const std::string& part : parts) hash = Mix(Mix(hash, std::to_string(part.size()) + ":"), part);
  std::string text(kVersion);
  for (int digit = kHexDigits - 1; digit >= 0; --digit) {
    text += "0123456789abcdef"[static_cast<unsigned>(hash >> (digit * 4)) & 15];
  }
  return text;
}

std::string SchemaFingerprintText(const Schema& schema) {
  std::string text = schema.unknown_fields == UnknownFields::kKeep ? "keep\n" : "\n";
  for (const Field& field : schema.fields) {
    text += std::to_string(field.name.size()) + ":" + field.name + " " + TypeText(field.type) + "\n";
  }
  return text;
}

}  // namespace tailrace::config
