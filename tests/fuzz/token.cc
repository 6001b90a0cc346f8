// Tokens (JWT): a stranger's text is never accepted; of what was signed rightly only that is whose claims say that it is for us and still
// valid, by another reading of them; and with one bit changed it is not.
//
// The first byte says which: a token as it comes, or a header and claims, parted by byte 1E, that are signed here.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "auth/base64url.h"
#include "auth/jwt.h"
#include "fuzz.h"
#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 16 << 10;
constexpr size_t kPadding = 64;
constexpr char kBetween = '\x1e';
constexpr int64_t kNowSeconds = 1'800'000'000;
constexpr size_t kNameBytesMax = 100;
constexpr size_t kSignatureBytes = 64;

// RFC 8032, 7.1, test 1: a key that everybody knows.
constexpr std::array<unsigned char, 32> kPrivateKey = {0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                                       0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                                       0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60};
constexpr std::string_view kKeySet =
    R"({"keys":[{"kid":"a","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},)"
    R"({"kid":"b","kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

const auth::TokenKeys& Keys() {
  static const auth::TokenKeys keys = [] {
    auto parsed = auth::ParseJwks(kKeySet);
    Require(parsed.has_value(), "the set of keys is one");
    return std::move(*parsed);
  }();
  return keys;
}

const auth::JwtOptions& Options() {
  static const auth::JwtOptions options = {.issuer = "i",
                                           .audiences = {"a", "b"},
                                           .algorithms = {crypto::SignatureAlgorithm::kEdDsa, crypto::SignatureAlgorithm::kEs256},
                                           .roles_claim = "r",
                                           .limits_claim = "l"};
  return options;
}

Result<auth::CallerPtr> Verify(std::string_view token) {
  const Copy copy(token);
  return auth::VerifyJwt(copy.text(), Options(), Keys(), WallTime{kNowSeconds * 1'000'000});
}

std::string Signature(std::string_view text) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, kPrivateKey.data(), kPrivateKey.size()), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  std::string signature(kSignatureBytes, '\0');
  size_t size = signature.size();
  Require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1, "signing begins");
  Require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1,
          "a text can be signed");
  return signature;
}

// A member of the claims that is there once, as another reader finds it.
std::string Member(JsonDocument& document, std::string_view pointer) {
  const auto found = document.Find(pointer);
  Require(found.has_value(), "a claim that was relied on is there");
  return std::string(*found);
}

void CheckAccepted(const auth::Caller& caller, std::string_view header, std::string_view claims) {
  const Copy header_copy(header, kPadding), claims_copy(claims, kPadding);
  JsonDocument head, body;
  Require(!head.Parse(header_copy.text()) && !body.Parse(claims_copy.text()), "both parts are JSON");
  RequireSame(JsonStringValue(Member(head, "/alg")).value_or(""), "EdDSA", "the algorithm is the key's");
  RequireSame(JsonStringValue(Member(body, "/iss")).value_or(""), "i", "the issuer is ours");
  Require(std::strtod(Member(body, "/exp").c_str(), nullptr) + 31 > static_cast<double>(kNowSeconds), "it has not expired");
  const std::string audience = Member(body, "/aud");
  Require(audience.find_first_of("ab\\") != std::string::npos, "the audience is ours");
  Require(caller.expires && caller.expires->micros > kNowSeconds * 1'000'000, "its caller ends later");
  Require(!caller.grant.roles.empty() && caller.grant.limited(), "its caller has a role, and limits");
  Require(!caller.grant.roles.contains(auth::Role::kAdmin), "who is limited is no admin");
  const bool is_printable = std::all_of(caller.name.begin(), caller.name.end(), [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
  Require(caller.name.size() <= kNameBytesMax && is_printable, "its name can be shown");
}

void CheckSigned(Choices& choices) {
  const size_t bit = choices.Below(8 * kSignatureBytes);
  const std::string_view rest = choices.rest();
  const size_t between = std::min(rest.find(kBetween), rest.size());
  const std::string_view header = rest.substr(0, between);
  const std::string_view claims = rest.substr(std::min(between + 1, rest.size()));
  const std::string text = auth::EncodeBase64Url(header) + "." + auth::EncodeBase64Url(claims);
  std::string signature = Signature(text);
  const auto caller = Verify(text + "." + auth::EncodeBase64Url(signature));
  if (!caller) {
    Require(!caller.error().message().empty(), "an error says why");
    return;
  }
  CheckAccepted(**caller, header, claims);
  signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << bit % 8));
  Require(!Verify(text + "." + auth::EncodeBase64Url(signature)), "a changed signature is none");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  if (choices.Byte() % 2 == 0) return Require(!Verify(choices.rest()), "a stranger's token is not accepted");
  CheckSigned(choices);
}

}  // namespace tailrace::fuzz
