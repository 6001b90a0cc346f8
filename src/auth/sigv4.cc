#include "auth/sigv4.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "crypto/digest.h"
#include "crypto/seal.h"
#include "model/times.h"

namespace tailrace::auth {
namespace {

constexpr std::string_view kTerminator = "aws4_request";
constexpr size_t kScopeParts = 5;
constexpr size_t kDateBytes = 8;           // 20261121
constexpr size_t kTimeBytes = 16;          // 20261121T092824Z
constexpr size_t kSignatureBytes = 64;
constexpr size_t kAccessKeyBytesMax = 128;

Error Malformed(std::string_view what) { return Error::Invalid("Authorization: " + std::string(what)); }

std::vector<std::string_view> Split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Without spaces at its ends, and with one where there are several.
std::string CanonicalValue(std::string_view value) {
  std::string text;
  for (const char c : Trimmed(value)) {
    if (c == ' ' && !text.empty() && text.back() == ' ') continue;
    text += c;
  }
  return text;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool AreDigits(std::string_view text) { return std::all_of(text.begin(), text.end(), IsDigit); }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }
int Number(std::string_view digits) {
  int number = 0;
  for (const char c : digits) number = number * 10 + (c - '0');
  return number;
}

// 20261121T092824Z; nullopt: no such time.
std::optional<WallTime> ParseAmzDate(std::string_view text) {
  if (text.size() != kTimeBytes || text[8] != 'T' || text[15] != 'Z' || !AreDigits(text.substr(0, 8)) || !AreDigits(text.substr(9, 6))) {
    return std::nullopt;
  }
  const auto days = DaysFromCivil(Number(text.substr(0, 4)), Number(text.substr(4, 2)), Number(text.substr(6, 2)));
  const int hours = Number(text.substr(9, 2)), minutes = Number(text.substr(11, 2)), seconds = Number(text.substr(13, 2));
  if (!days || hours > 23 || minutes > 59 || seconds > 60) return std::nullopt;
  return WallTime{*days * kMicrosPerDay + ((hours * 60 + minutes) * 60 + seconds) * kMicrosPerSecond};
}

// The value of a field that is there once.
Result<std::string_view> OnlyValue(const SignedMessage& message, std::string_view name) {
  std::optional<std::string_view> value;
  for (const auto& [field, text] : message.headers) {
    if (field != name) continue;
    if (value) return Fail(Error::Invalid("the header field " + std::string(name) + " is there twice"));
    value = text;
  }
  if (!value) return Fail(Error::Invalid("the header field " + std::string(name) + " is signed, and is not there"));
  return *value;
}

bool IsSigned(const SigV4Claim& claim, std::string_view name) {
  return std::binary_search(claim.signed_headers.begin(), claim.signed_headers.end(), name);
}

Status CheckWhatIsSigned(const SigV4Claim& claim, const SignedMessage& message) {
  for (const std::string_view needed : {"host", "x-amz-date"}) {
    if (!IsSigned(claim, needed)) return Fail(Error::Invalid("the signature does not cover the header field " + std::string(needed)));
  }
  for (const auto& [name, value] : message.headers) {
    if (name.starts_with("x-amz-") && !IsSigned(claim, name)) return Fail(Error::Invalid("the signature does not cover the header field " + name));
  }
  return {};
}

Result<std::string> CanonicalRequest(const SigV4Claim& claim, const SignedMessage& message) {
  std::string text = std::string(message.method) + '\n' + std::string(message.path) + "\n\n";
  std::string names;
  for (const std::string_view name : claim.signed_headers) {
    TR_TRY(const std::string_view value, OnlyValue(message, name));
    text += std::string(name) + ':' + CanonicalValue(value) + '\n';
    if (!names.empty()) names += ';';
    names += name;
  }
  return text + '\n' + names + '\n' + crypto::HexText(crypto::Sha256(message.body));
}

std::string SigningKey(const SigV4Claim& claim, std::string_view secret) {
  std::string key = "AWS4" + std::string(secret);
  for (const std::string_view part : {claim.date, claim.region, claim.service, kTerminator}) {
    std::string next = crypto::HmacSha256(key, part);
    crypto::Wipe(key);
    key = std::move(next);
  }
  return key;
}

// The text behind NAME= in "A=..., B=..., C=...".
std::optional<std::string_view> Part(const std::vector<std::string_view>& parts, std::string_view name) {
  std::optional<std::string_view> found;
  for (std::string_view part : parts) {
    part = Trimmed(part);
    if (!part.starts_with(name)) continue;
    if (found) return std::nullopt;
    found = part.substr(name.size());
  }
  return found;
}

}  // namespace

Result<SigV4Claim> ParseSigV4(std::string_view authorization) {
  if (!authorization.starts_with(kSigV4Scheme)) return Fail(Malformed("not signed with AWS4-HMAC-SHA256"));
  const auto parts = Split(authorization.substr(kSigV4Scheme.size()), ',');
  const auto credential = Part(parts, "Credential=");
  const auto headers = Part(parts, "SignedHeaders=");
  const auto signature = Part(parts, "Signature=");
  if (parts.size() != 3 || !credential || !headers || !signature) return Fail(Malformed("it needs Credential, SignedHeaders and Signature, once each"));
  const auto scope = Split(*credential, '/');
  if (scope.size() != kScopeParts || scope[4] != kTerminator || scope[0].empty() || scope[0].size() > kAccessKeyBytesMax ||
      scope[1].size() != kDateBytes || !AreDigits(scope[1]) || scope[2].empty() || scope[3].empty()) {
    return Fail(Malformed("Credential is KEY/DATE/REGION/SERVICE/aws4_request"));
  }
  SigV4Claim claim{scope[0], scope[1], scope[2], scope[3], Split(*headers, ';'), *signature};
  if (claim.signed_headers.size() > kSignedHeadersMax) return Fail(Malformed("too many signed header fields"));
  for (size_t i = 1; i < claim.signed_headers.size(); ++i) {
    if (claim.signed_headers[i - 1] >= claim.signed_headers[i]) return Fail(Malformed("SignedHeaders are in ascending order, each once"));
  }
  if (signature->size() != kSignatureBytes || !std::all_of(signature->begin(), signature->end(), IsHex)) return Fail(Malformed("no signature"));
  return claim;
}

std::vector<std::pair<std::string, std::string_view>> HeadersOf(std::string_view head) {
  std::vector<std::pair<std::string, std::string_view>> headers;
  size_t at = head.find('\n');
  while (at != std::string_view::npos && ++at < head.size()) {
    const size_t end = std::min(head.find('\n', at), head.size());
    const std::string_view line = head.substr(at, end - at);
    if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      headers.emplace_back(std::move(name), Trimmed(line.substr(colon + 1)));
    }
    at = end == head.size() ? std::string_view::npos : end;
  }
  return headers;
}

Status CheckSigV4Time(const SigV4Claim& claim, std::string_view amz_date, WallTime now) {
  const auto signed_at = ParseAmzDate(amz_date);
  if (!signed_at) return Fail(Error::Invalid("X-Amz-Date is of the form 20261121T092824Z"));
  if (amz_date.substr(0, kDateBytes) != claim.date) return Fail(Error::Invalid("the credential's date is not that of X-Amz-Date"));
  const auto skew = std::chrono::microseconds(std::llabs(now.micros - signed_at->micros));
  if (skew > kSignatureSkewMax) {
    return Fail(Error::Invalid("Signature expired: " + std::string(amz_date) + " is more than 15 minutes from the time here"));
  }
  return {};
}

Status VerifySigV4(const SigV4Claim& claim, const SignedMessage& message, std::string_view secret, WallTime now) {
  TR_RETURN_IF_ERROR(CheckWhatIsSigned(claim, message));
  TR_TRY(const std::string_view amz_date, OnlyValue(message, "x-amz-date"));
  TR_RETURN_IF_ERROR(CheckSigV4Time(claim, amz_date, now));
  TR_TRY(const std::string request, CanonicalRequest(claim, message));
  std::string to_sign(kSigV4Scheme);
  to_sign += '\n';
  to_sign += amz_date;
  to_sign += '\n';
  for (const std::string_view part : {claim.date, claim.region, claim.service}) (to_sign += part) += '/';
  (to_sign += kTerminator) += '\n';
  to_sign += crypto::HexText(crypto::Sha256(request));
  std::string key = SigningKey(claim, secret);
  const std::string right = crypto::HexText(crypto::HmacSha256(key, to_sign));
  crypto::Wipe(key);
  if (crypto::EqualInConstantTime(right, claim.signature)) return {};
  return Fail(Error::Invalid("the signature is not that of this request; look at the secret access key"));
}

}  // namespace tailrace::auth
