// Signatures of Amazon's clients in the Authorization header: a stranger's is never taken; what is signed here is, and with one bit changed
// anywhere it is not.
//
// The first byte: 0, the header as it comes, with the rest of the head behind byte 1E; else a request that is signed here, its path, value of
// a field and body parted by byte 1E, and one bit of it is turned.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "auth/sigv4.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "fuzz.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 16 << 10;
constexpr char kBetween = '\x1e';
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kDate = "20261121";
constexpr std::string_view kTime = "20261121T092824Z";
constexpr int64_t kNowMicros = 1'795'253'304'000'000;  // kTime

// Of a request line and fields, as the text of "Create a signed AWS API request" has it; written apart from auth/sigv4.cc.
std::string Sign(std::string_view method, std::string_view path, std::string_view value, std::string_view body) {
  const std::string headers = "host:h\nx-amz-date:" + std::string(kTime) + "\nx-amz-target:" + std::string(value) + "\n";
  const std::string request = std::string(method) + "\n" + std::string(path) + "\n\n" + headers + "\nhost;x-amz-date;x-amz-target\n" +
                              crypto::HexText(crypto::Sha256(body));
  const std::string scope = std::string(kDate) + "/eu-west-1/kinesis/aws4_request";
  const std::string text = "AWS4-HMAC-SHA256\n" + std::string(kTime) + "\n" + scope + "\n" + crypto::HexText(crypto::Sha256(request));
  std::string key = crypto::HmacSha256("AWS4" + std::string(kSecret), kDate);
  for (const std::string_view part : {"eu-west-1", "kinesis", "aws4_request"}) key = crypto::HmacSha256(key, part);
  return "AWS4-HMAC-SHA256 Credential=KEY/" + scope + ", SignedHeaders=host;x-amz-date;x-amz-target, Signature=" +
         crypto::HexText(crypto::HmacSha256(key, text));
}

bool IsTaken(std::string_view authorization, std::string_view method, std::string_view path, std::string_view head, std::string_view body) {
  const Copy header(authorization), fields(head), bytes(body);
  const auto claim = auth::ParseSigV4(header.text());
  if (!claim) return false;
  const auto headers = auth::HeadersOf(fields.text());
  for (const auto& [name, value] : headers) {
    if (name == "x-amz-date") (void)auth::CheckSigV4Time(*claim, value, WallTime{kNowMicros}).has_value();
  }
  return auth::VerifySigV4(*claim, {method, path, headers, bytes.text()}, kSecret, WallTime{kNowMicros}).has_value();
}

// What can stand in a field: nothing that ends it, and no space that is not signed as it is.
std::string Plain(std::string_view text) {
  std::string plain;
  for (const char c : text) plain += c > ' ' && c < 0x7f ? c : 'x';
  return plain;
}

std::string Head(std::string_view value) {
  return "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Date: " + std::string(kTime) + "\r\nX-Amz-Target: " + std::string(value) + "\r\n\r\n";
}

void Stranger(std::string_view rest) {
  const size_t at = std::min(rest.find(kBetween), rest.size());
  const std::string_view head = at == rest.size() ? std::string_view() : rest.substr(at + 1);
  Require(!IsTaken(rest.substr(0, at), "POST", "/", head, "{}"), "a stranger's signature is not taken");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  if (choices.Byte() == 0) return Stranger(choices.rest());
  const size_t where = choices.Below(4096);
  const unsigned bit = choices.Byte() % 8;
  std::string_view rest = choices.rest();
  const auto part = [&rest] {
    const size_t end = std::min(rest.find(kBetween), rest.size());
    const std::string_view text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return text;
  };
  const std::string path = "/" + Plain(part());
  const std::string value = Plain(part());
  std::string body(part());
  const std::string authorization = Sign("POST", path, value, body);
  Require(IsTaken(authorization, "POST", path, Head(value), body), "what is signed rightly is taken");
  Require(!IsTaken(authorization, "PUT", path, Head(value), body), "another method is not");
  Require(!IsTaken(authorization, "POST", path + "x", Head(value), body), "another path is not");
  Require(!IsTaken(authorization, "POST", path, Head(value + "x"), body), "another value of a signed field is not");
  Require(!IsTaken(authorization, "POST", path, Head(value), body + "x"), "another body is not");
  if (!body.empty()) {
    body[where % body.size()] = static_cast<char>(body[where % body.size()] ^ (1 << bit));
    Require(!IsTaken(authorization, "POST", path, Head(value), body), "a bit of the body counts");
  }
  std::string changed = authorization;
  const size_t signature = changed.find("Signature=") + 10;
  char& digit = changed[signature + where % (changed.size() - signature)];
  digit = digit == '0' ? '1' : '0';
  body.assign(1, 'x');
  Require(!IsTaken(changed, "POST", path, Head(value), body), "another signature is not");
}

}  // namespace tailrace::fuzz
