#include "auth/sigv4.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tailrace::auth {
namespace {

// "post-vanilla" of Amazon's test suite for Signature Version 4.
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const std::string kAuthorization =
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, "
    "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: example.amazonaws.com\r\nX-Amz-Date: 20150830T123600Z\r\n\r\n";
constexpr WallTime kThen{int64_t{1'440'938'160} * 1'000'000};

Status Verify(const std::string& authorization, std::string_view head, std::string_view body = "", std::string_view secret = kSecret,
              WallTime now = kThen, std::string_view method = "POST", std::string_view path = "/") {
  const auto claim = ParseSigV4(authorization);
  if (!claim) return Fail(claim.error());
  return VerifySigV4(*claim, {method, path, HeadersOf(head), body}, secret, now);
}

std::string Replaced(std::string text, std::string_view what, std::string_view by) {
  const size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), by);
}

TEST(SigV4Test, SignatureOfAmazonsOwnSuiteIsRight) { EXPECT_TRUE(Verify(kAuthorization, kHead).has_value()); }

TEST(SigV4Test, AnotherMethodPathBodySecretHostOrScopeIsAnotherSignature) {
  EXPECT_FALSE(Verify(kAuthorization, kHead, "x").has_value());
  EXPECT_FALSE(Verify(kAuthorization, kHead, "", "another").has_value());
  EXPECT_FALSE(Verify(kAuthorization, kHead, "", "").has_value());
  EXPECT_FALSE(Verify(kAuthorization, kHead, "", kSecret, kThen, "PUT").has_value());
  EXPECT_FALSE(Verify(kAuthorization, kHead, "", kSecret, kThen, "POST", "/x").has_value());
  EXPECT_FALSE(Verify(kAuthorization, Replaced(std::string(kHead), "example", "Example")).has_value());
  EXPECT_FALSE(Verify(kAuthorization, Replaced(std::string(kHead), "123600Z", "123601Z")).has_value());
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "us-east-1", "us-east-2"), kHead).has_value());
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "/service/", "/kinesis/"), kHead).has_value());
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "5da7", "5da8"), kHead).has_value());
}

TEST(SigV4Test, ClockMayBeAQuarterOfAnHourOffAndNoMore) {
  constexpr int64_t kQuarter = int64_t{15} * 60 * 1'000'000;
  for (const int64_t sign : {-1, 1}) {
    EXPECT_TRUE(Verify(kAuthorization, kHead, "", kSecret, WallTime{kThen.micros + sign * kQuarter}).has_value());
    EXPECT_FALSE(Verify(kAuthorization, kHead, "", kSecret, WallTime{kThen.micros + sign * (kQuarter + 1)}).has_value());
  }
}

TEST(SigV4Test, WhatDecidesWhatIsDoneMustBeSigned) {
  // Fields that the signature does not cover change nothing in it; these would change what is asked for.
  EXPECT_TRUE(Verify(kAuthorization, Replaced(std::string(kHead), "Host", "Accept: x\r\nHost")).has_value());
  EXPECT_FALSE(Verify(kAuthorization, Replaced(std::string(kHead), "Host", "X-Amz-Target: Kinesis_20131202.PutRecord\r\nHost")).has_value());
  EXPECT_FALSE(Verify(kAuthorization, Replaced(std::string(kHead), "Host", "x-amz-security-token: t\r\nHost")).has_value());
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "host;x-amz-date", "host"), kHead).has_value());
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "host;x-amz-date", "x-amz-date"), kHead).has_value());
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "host;x-amz-date", "accept;host;x-amz-date"), kHead).has_value()) << "signed and not there";
}

TEST(SigV4Test, FieldThatIsThereTwiceIsRefused) {
  EXPECT_FALSE(Verify(kAuthorization, Replaced(std::string(kHead), "Host", "X-Amz-Date: 20150830T123600Z\r\nHost")).has_value());
}

TEST(SigV4Test, HostileHeadersAreRefusedAndEndNothing) {
  const std::vector<std::string> hostile = {
      "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 ,,", "AWS4-HMAC-SHA512 Credential=a/20150830/r/s/aws4_request, SignedHeaders=host, Signature=",
      Replaced(kAuthorization, "AKIDEXAMPLE", ""), Replaced(kAuthorization, "AKIDEXAMPLE", std::string(200, 'A')),
      Replaced(kAuthorization, "AKIDEXAMPLE", "A/B"), Replaced(kAuthorization, "20150830", "2015083"), Replaced(kAuthorization, "20150830", "2015o830"),
      Replaced(kAuthorization, "aws4_request", "aws4"), Replaced(kAuthorization, "/us-east-1/", "//"), Replaced(kAuthorization, "host;x-amz-date", ""),
      Replaced(kAuthorization, "host;x-amz-date", "x-amz-date;host"), Replaced(kAuthorization, "host;x-amz-date", "host;host;x-amz-date"),
      Replaced(kAuthorization, "SignedHeaders=", "Signature="), Replaced(kAuthorization, "5da7", "5DA7"), Replaced(kAuthorization, "5da7", "5da"),
      Replaced(kAuthorization, "5da7", "5da\n"), kAuthorization + ", Signature=" + std::string(64, '0'), kAuthorization + ",",
  };
  for (const std::string& authorization : hostile) EXPECT_FALSE(Verify(authorization, kHead).has_value()) << authorization;
  std::string many = "a";
  for (int i = 0; i < 1000; ++i) many += ";a" + std::to_string(1000 + i);
  EXPECT_FALSE(Verify(Replaced(kAuthorization, "host;x-amz-date", many), kHead).has_value());
  for (const std::string_view date : {"", "20150830", "20150830T123600", "20150830T126000Z", "20151330T123600Z", "00000000T000000Z", "99999999T999999Z", "2015083-T123600Z"}) {
    EXPECT_FALSE(Verify(kAuthorization, Replaced(std::string(kHead), "20150830T123600Z", date)).has_value()) << date;
  }
}

}  // namespace
}  // namespace tailrace::auth
