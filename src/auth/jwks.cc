#include "auth/jwks.h"

#include <algorithm>
#include <map>
#include <optional>

#include "auth/base64url.h"
#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace::auth {
namespace {

using Members = std::map<std::string, std::string_view, std::less<>>;

// A member that is a string; empty when it is not there, or is something else.
std::string TextOf(const Members& members, std::string_view name) {
  const auto found = members.find(name);
  if (found == members.end()) return {};
  return JsonStringValue(found->second).value_or("");
}

Result<std::string> BytesOf(const Members& members, std::string_view name) {
  auto bytes = DecodeBase64Url(TextOf(members, name));
  if (!bytes || bytes->empty()) return Fail(Error::Invalid("its \"" + std::string(name) + "\" is not base64url"));
  return std::move(*bytes);
}

struct Kind {
  std::string_view type;
  std::string_view curve;
  std::string_view algorithm;
};
constexpr Kind kRsa{"RSA", "", "RS256"};
constexpr Kind kP256{"EC", "P-256", "ES256"};
constexpr Kind kEd25519{"OKP", "Ed25519", "EdDSA"};

bool IsOf(const Members& members, const Kind& kind) {
  const std::string algorithm = TextOf(members, "alg");
  const std::string use = TextOf(members, "use");
  return TextOf(members, "kty") == kind.type && TextOf(members, "crv") == kind.curve && (use.empty() || use == "sig") &&
         (algorithm.empty() || algorithm == kind.algorithm);
}

// Nullopt: of a kind that is not for us.
Result<std::optional<crypto::PublicKey>> KeyOf(const Members& members) {
  if (IsOf(members, kRsa)) {
    TR_TRY(const std::string modulus, BytesOf(members, "n"));
    TR_TRY(const std::string exponent, BytesOf(members, "e"));
    return crypto::PublicKey::Rsa(modulus, exponent);
  }
  if (IsOf(members, kP256)) {
    TR_TRY(const std::string x, BytesOf(members, "x"));
    TR_TRY(const std::string y, BytesOf(members, "y"));
    return crypto::PublicKey::P256(x, y);
  }
  if (IsOf(members, kEd25519)) {
    TR_TRY(const std::string x, BytesOf(members, "x"));
    return crypto::PublicKey::Ed25519(x);
  }
  return std::optional<crypto::PublicKey>();
}

Result<Members> MembersOf(std::string_view json) {
  TR_TRY(auto list, JsonMembers(json));
  Members members;
  for (auto& [name, value] : list) members.emplace(std::move(name), value);
  return members;
}

}  // namespace

Result<TokenKeys> ParseJwks(std::string_view json) {
  if (json.size() > kJwksBytesMax) return Fail(Error::Invalid("a set of keys is not larger than " + std::to_string(kJwksBytesMax) + " bytes"));
  // simdjson reads some bytes beyond the end.
  std::string padded(json);
  padded.append(64, ' ');
  TR_TRY(const Members set, MembersOf(std::string_view(padded).substr(0, json.size())));
  const auto list = set.find("keys");
  if (list == set.end()) return Fail(Error::Invalid("a set of keys has a member \"keys\""));
  TR_TRY(const auto elements, SplitJsonArray(list->second));
  if (elements.size() > kJwksKeysMax) return Fail(Error::Invalid("a set has at most " + std::to_string(kJwksKeysMax) + " keys"));
  TokenKeys keys;
  for (const JsonPart& element : elements) {
    TR_TRY(const Members members, MembersOf(element.text));
    const std::string id = TextOf(members, "kid");
    auto key = KeyOf(members);
    if (!key) return Fail(std::move(key).error().With("key \"" + id + "\""));
    if (!*key) continue;
    const bool is_taken = !id.empty() && std::any_of(keys.begin(), keys.end(), [&](const TokenKey& other) { return other.id == id; });
    if (is_taken) return Fail(Error::Invalid("there are two keys \"" + id + "\""));
    keys.push_back({id, std::move(**key)});
  }
  if (keys.empty()) return Fail(Error::Invalid("there is no key in it for RS256, ES256 or EdDSA"));
  return keys;
}

}  // namespace tailrace::auth
