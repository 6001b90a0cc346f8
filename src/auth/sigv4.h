// Signatures of requests as Amazon's clients make them: AWS Signature Version 4 ("Create a signed AWS API request" in the IAM user guide), in
// the Authorization header.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace tailrace::auth {

// How far the clock of a client may be from ours.
inline constexpr std::chrono::minutes kSignatureSkewMax{15};
// Header fields that a signature may cover.
inline constexpr size_t kSignedHeadersMax = 64;

inline constexpr std::string_view kSigV4Scheme = "AWS4-HMAC-SHA256";

// What the header says, before any of it is believed. Views into its text.
struct SigV4Claim {
  std::string_view access_key_id;
  std::string_view date;     // 20261121
  std::string_view region;
  std::string_view service;
  std::vector<std::string_view> signed_headers;  // in lower case, ascending
  std::string_view signature;                    // 64 digits of 0-9a-f
};

// kInvalid: of another form.
Result<SigV4Claim> ParseSigV4(std::string_view authorization);

struct SignedMessage {
  std::string_view method;
  std::string_view path;                                                // as sent; it is signed as it is
  std::vector<std::pair<std::string, std::string_view>> headers;  // names in lower case, in the order of the request; all of them
  std::string_view body;                                                // as sent
};

// The header's fields, as SignedMessage has them. `head` is what ParseHead took: a request line and fields, whole.
std::vector<std::pair<std::string, std::string_view>> HeadersOf(std::string_view head);

// kInvalid: not signed with `secret`, or more than kSignatureSkewMax ago or ahead, or something that decides what is done is left out of the
// signature: Host, X-Amz-Date and every other X-Amz-* field. The text says no more than a stranger may know.
Status VerifySigV4(const SigV4Claim& claim, const SignedMessage& message, std::string_view secret, WallTime now);

// Of a claim and a date field alone, before there is a body: kInvalid as above.
Status CheckSigV4Time(const SigV4Claim& claim, std::string_view amz_date, WallTime now);

}  // namespace tailrace::auth
