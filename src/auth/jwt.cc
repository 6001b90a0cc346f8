#include "auth/jwt.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "auth/base64url.h"
#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace::auth {
namespace {

// simdjson reads some bytes beyond the end of a text.
constexpr size_t kPadding = 64;
constexpr int64_t kMicrosPerSecond = 1'000'000;
// Year 9999: beyond it seconds do not fit a time in microseconds.
constexpr int64_t kSecondsMax = 253'402'300'799;
constexpr size_t kNameBytesMax = 100;

Error NotValid() { return Error::Invalid("the token is not valid"); }
Error Wrong(std::string what) { return Error::Invalid("the token is not valid: " + what); }

// The members of a part of the token, with the text that they view.
struct Part {
  std::string text;
  std::map<std::string, std::string_view, std::less<>> members;

  const std::string_view* Find(std::string_view name) const {
    const auto found = members.find(name);
    return found == members.end() ? nullptr : &found->second;
  }
};

Result<std::unique_ptr<Part>> PartOf(std::string_view encoded) {
  auto text = DecodeBase64Url(encoded);
  if (!text) return Fail(NotValid());
  auto part = std::make_unique<Part>();
  const size_t size = text->size();
  part->text = std::move(*text);
  part->text.append(kPadding, ' ');
  auto members = JsonMembers(std::string_view(part->text).substr(0, size));
  if (!members) return Fail(NotValid());
  for (auto& [name, value] : *members) part->members.emplace(std::move(name), value);
  return part;
}

std::optional<std::string> TextOf(const Part& part, std::string_view name) {
  const std::string_view* const json = part.Find(name);
  if (json == nullptr) return std::nullopt;
  auto text = JsonStringValue(*json);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

// A list of texts, or one text as a list of its words. Nullopt: neither.
std::optional<std::vector<std::string>> TextsOf(std::string_view json, bool split_words) {
  std::vector<std::string> texts;
  if (json.starts_with('[')) {
    const auto elements = SplitJsonArray(json);
    if (!elements) return std::nullopt;
    for (const JsonPart& element : *elements) {
      auto text = JsonStringValue(element.text);
      if (!text) return std::nullopt;
      texts.push_back(std::move(*text));
    }
    return texts;
  }
  auto text = JsonStringValue(json);
  if (!text) return std::nullopt;
  if (!split_words) return std::vector{std::move(*text)};
  for (size_t begin = 0; begin < text->size();) {
    const size_t end = std::min(text->find(' ', begin), text->size());
    if (end > begin) texts.push_back(text->substr(begin, end - begin));
    begin = end + 1;
  }
  return texts;
}

// NumericDate: seconds since 1970, a fraction allowed and dropped. Nullopt: anything else.
std::optional<int64_t> SecondsOf(std::string_view json) {
  int64_t seconds = 0;
  const auto [end, failed] = std::from_chars(json.data(), json.data() + json.size(), seconds);
  if (failed != std::errc() || seconds < 0 || seconds > kSecondsMax) return std::nullopt;
  std::string_view rest(end, static_cast<size_t>(json.data() + json.size() - end));
  if (rest.empty()) return seconds;
  if (rest.size() < 2 || rest.front() != '.') return std::nullopt;
  rest.remove_prefix(1);
  return rest.find_first_not_of("0123456789") == std::string_view::npos ? std::optional(seconds) : std::nullopt;
}

struct Pieces {
  std::string_view header;
  std::string_view claims;
  std::string_view signature;
  std::string_view signed_text;
};

std::optional<Pieces> Split(std::string_view token) {
  const size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  Pieces pieces{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1), token.substr(0, second)};
  if (pieces.header.empty() || pieces.claims.empty() || pieces.signature.empty()) return std::nullopt;
  return pieces;
}

bool IsJwtType(std::string type) {
  std::transform(type.begin(), type.end(), type.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return type == "jwt" || type == "at+jwt" || type == "application/jwt" || type == "application/at+jwt";
}

// The key that the header asks for. What it says of where keys are (jku, x5u, jwk, x5c) is not looked at.
Result<const TokenKey*> KeyFor(const Part& header, const JwtOptions& options, const TokenKeys& keys) {
  const auto name = TextOf(header, "alg");
  const auto algorithm = name ? ParseAlgorithm(*name) : std::nullopt;
  if (!algorithm || !options.algorithms.contains(*algorithm)) return Fail(NotValid());
  if (header.Find("crit") != nullptr) return Fail(NotValid());  // RFC 7515, 4.1.11: none of it is understood here
  if (header.Find("typ") != nullptr && !IsJwtType(TextOf(header, "typ").value_or(""))) return Fail(NotValid());
  if (header.Find("kid") != nullptr && !TextOf(header, "kid")) return Fail(NotValid());
  const std::string id = TextOf(header, "kid").value_or("");
  const TokenKey* found = nullptr;
  for (const TokenKey& key : keys) {
    if (key.key.algorithm() != *algorithm || (!id.empty() && key.id != id)) continue;
    if (found != nullptr) return Fail(NotValid());  // without a name it must be plain which is meant
    found = &key;
  }
  if (found == nullptr) return Fail(Error::NotFound("the token is not valid"));
  return found;
}

Status CheckTimes(const Part& claims, const JwtOptions& options, WallTime now, Caller* caller) {
  const int64_t now_seconds = now.micros / kMicrosPerSecond;
  const int64_t leeway = options.leeway.count();
  const std::string_view* const exp = claims.Find("exp");
  const auto expires = exp == nullptr ? std::nullopt : SecondsOf(*exp);
  if (!expires) return Fail(Wrong("it has no time of expiry"));
  if (now_seconds >= *expires + leeway) return Fail(Wrong("it has expired"));
  for (const std::string_view name : {"nbf", "iat"}) {
    const std::string_view* const json = claims.Find(name);
    if (json == nullptr) continue;
    const auto begins = SecondsOf(*json);
    if (!begins) return Fail(Wrong("its " + std::string(name) + " is no time"));
    if (now_seconds + leeway < *begins) return Fail(Wrong("it begins later"));
  }
  caller->expires = WallTime{(*expires + leeway) * kMicrosPerSecond};
  return {};
}

Status CheckParties(const Part& claims, const JwtOptions& options) {
  if (TextOf(claims, "iss") != options.issuer) return Fail(Wrong("it is from another issuer"));
  const std::string_view* const json = claims.Find("aud");
  const auto audiences = json == nullptr ? std::nullopt : TextsOf(*json, false);
  if (!audiences) return Fail(Wrong("it has no audience"));
  const bool is_ours = std::any_of(audiences->begin(), audiences->end(), [&](const std::string& audience) {
    return std::find(options.audiences.begin(), options.audiences.end(), audience) != options.audiences.end();
  });
  return is_ours ? Status() : Fail(Wrong("it is for another audience"));
}

Result<std::set<Thing>> LimitsOf(const Part& claims, const std::string& name) {
  const std::string_view* const json = claims.Find(name);
  const auto words = json == nullptr ? std::nullopt : TextsOf(*json, true);
  if (!words) return Fail(Wrong("it has no limits in " + name));
  std::set<Thing> things;
  for (const std::string& word : *words) {
    const size_t colon = word.find(':');
    const auto kind = ParseThingKind(std::string_view(word).substr(0, colon));
    if (!kind || colon == std::string::npos || colon + 1 == word.size()) return Fail(Wrong("its " + name + " holds what is not KIND:NAME"));
    things.insert({*kind, word.substr(colon + 1)});
  }
  return things;
}

Result<Grant> GrantOf(const Part& claims, const JwtOptions& options) {
  Grant grant;
  const std::string_view* const json = claims.Find(options.roles_claim);
  const auto words = json == nullptr ? std::nullopt : TextsOf(*json, true);
  for (const std::string& word : words.value_or(std::vector<std::string>())) {
    if (const auto role = ParseRole(word)) grant.roles.insert(*role);
  }
  if (grant.roles.empty()) return Fail(Wrong("it has no role in " + options.roles_claim));
  if (!options.limits_claim.empty()) {
    TR_TRY(grant.things, LimitsOf(claims, options.limits_claim));
  }
  if (const Status checked = CheckGrant(grant); !checked) return Fail(Wrong(checked.error().message()));
  return grant;
}

// For people and logs: printable, and not long.
std::string NameOf(const Part& claims) {
  std::string name = TextOf(claims, "sub").value_or("");
  std::erase_if(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; });
  return name.substr(0, kNameBytesMax);
}

}  // namespace

std::optional<crypto::SignatureAlgorithm> ParseAlgorithm(std::string_view name) {
  if (name == "RS256") return crypto::SignatureAlgorithm::kRs256;
  if (name == "ES256") return crypto::SignatureAlgorithm::kEs256;
  if (name == "EdDSA") return crypto::SignatureAlgorithm::kEdDsa;
  return std::nullopt;
}

Result<CallerPtr> VerifyJwt(std::string_view token, const JwtOptions& options, const TokenKeys& keys, WallTime now) {
  const auto pieces = Split(token);
  if (!pieces) return Fail(NotValid());
  TR_TRY(const auto header, PartOf(pieces->header));
  const auto signature = DecodeBase64Url(pieces->signature);
  if (!signature) return Fail(NotValid());
  TR_TRY(const TokenKey* key, KeyFor(*header, options, keys));
  if (!key->key.Verify(pieces->signed_text, *signature)) return Fail(NotValid());
  TR_TRY(const auto claims, PartOf(pieces->claims));
  auto caller = std::make_shared<Caller>();
  TR_RETURN_IF_ERROR(CheckParties(*claims, options));
  TR_RETURN_IF_ERROR(CheckTimes(*claims, options, now, caller.get()));
  TR_TRY(caller->grant, GrantOf(*claims, options));
  caller->name = NameOf(*claims);
  return CallerPtr(std::move(caller));
}

}  // namespace tailrace::auth
