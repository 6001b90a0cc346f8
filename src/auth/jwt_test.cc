// What needs no signature of our own; tests/security/tokens_test.py holds a running server against hostile tokens.
#include "auth/jwt.h"

#include <gtest/gtest.h>

#include "auth/base64url.h"

namespace tailrace::auth {
namespace {

constexpr std::string_view kEd25519Jwks =  // RFC 8037, appendix A.2
    R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";
constexpr std::string_view kP256Jwks =  // RFC 7515, appendix A.3
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

bool Verifies(std::string_view jwks, std::string_view token) {
  const auto keys = ParseJwks(jwks);
  EXPECT_TRUE(keys.has_value());
  const size_t dot = token.rfind('.');
  const auto signature = DecodeBase64Url(token.substr(dot + 1));
  return signature && keys->front().key.Verify(token.substr(0, dot), *signature);
}

TEST(JwtTest, SignaturesOfTheStandardsAreRight) {
  EXPECT_TRUE(Verifies(kEd25519Jwks,  // RFC 8037, appendix A.4
                       "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
                       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"));
  const std::string es256 =  // RFC 7515, appendix A.3
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_TRUE(Verifies(kP256Jwks, es256));
  std::string changed = es256;
  changed[30] = changed[30] == 'a' ? 'b' : 'a';
  EXPECT_FALSE(Verifies(kP256Jwks, changed));
}

TEST(JwtTest, Base64UrlIsOneTextForOneSequenceOfBytes) {
  for (const std::string& bytes : {std::string(), std::string("f"), std::string("fo"), std::string("foo"), std::string("\xff\xfe\x00\x01", 4)}) {
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
  }
  for (const char* text : {"Zg==", "Zh", "Z", "Zm9+", "Zm9/", " Zg", "Zg\n", "Zm9vY"}) EXPECT_FALSE(DecodeBase64Url(text).has_value()) << text;
}

TEST(JwksTest, SetsThatAreNoneAreRefused) {
  for (const char* json :
       {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[1]})", R"({"keys":[{"kty":"oct","k":"c2VjcmV0"}]})",
        R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})",
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]})",
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qY"}]})", R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}]})",
        R"({"keys":[{"kid":"a","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},{"kid":"a","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})"}) {
    EXPECT_FALSE(ParseJwks(json).has_value()) << json;
  }
}

TEST(JwksTest, KeysOfOtherKindsArePassedOver) {
  const auto keys = ParseJwks(
      R"({"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"b"},{"kty":"EC","crv":"P-384","x":"a","y":"b"},{"kid":"a","kty":"OKP","crv":"Ed25519","alg":"EdDSA","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
  ASSERT_TRUE(keys.has_value());
  ASSERT_EQ(keys->size(), 1U);
  EXPECT_EQ(keys->front().id, "a");
}

}  // namespace
}  // namespace tailrace::auth
