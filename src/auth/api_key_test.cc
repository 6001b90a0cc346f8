#include "auth/api_key.h"

#include <gtest/gtest.h>
#include <regex.h>

#include <set>

namespace tailrace::auth {
namespace {

// By POSIX: g++ 12 warns inside std::regex when it is built for AddressSanitizer.
bool Matches(const std::string& text, const char* form) {
  regex_t compiled;
  EXPECT_EQ(regcomp(&compiled, form, REG_EXTENDED | REG_NOSUB), 0);
  const bool matches = regexec(&compiled, text.c_str(), 0, nullptr, 0) == 0;
  regfree(&compiled);
  return matches;
}

TEST(ApiKeyTest, ANewKeyHasTheFormThatScannersLookFor) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const auto key = NewApiKey();
    ASSERT_TRUE(key.has_value());
    EXPECT_TRUE(Matches(key->text, "^tr_[0-9a-z]{8}_[0-9A-Za-z]{38}$")) << key->text;
    EXPECT_EQ(ApiKeyId(key->text), key->id);
    EXPECT_TRUE(seen.insert(key->text).second);
  }
}

TEST(ApiKeyTest, EverySingleWrongLetterIsFound) {
  const auto key = NewApiKey();
  ASSERT_TRUE(key.has_value());
  for (size_t i = 0; i < key->text.size(); ++i) {
    std::string wrong = key->text;
    wrong[i] = wrong[i] == '7' ? '8' : '7';
    EXPECT_FALSE(ApiKeyId(wrong).has_value()) << "letter " << i;
  }
}

TEST(ApiKeyTest, TwoLettersThatChangedPlacesAreFound) {
  const auto key = NewApiKey();
  ASSERT_TRUE(key.has_value());
  for (size_t i = 0; i + 1 < key->text.size(); ++i) {
    std::string wrong = key->text;
    std::swap(wrong[i], wrong[i + 1]);
    if (wrong == key->text) continue;
    EXPECT_FALSE(ApiKeyId(wrong).has_value()) << "letter " << i;
  }
}

TEST(ApiKeyTest, NothingElseIsAKey) {
  const auto key = NewApiKey();
  ASSERT_TRUE(key.has_value());
  for (const std::string& text : {std::string(), std::string("tr_"), key->text + " ", key->text + "a", key->text.substr(1),
                                  key->text.substr(0, key->text.size() - 1), std::string(kApiKeyBytes, '\0'), std::string(1 << 20, 'a')}) {
    EXPECT_FALSE(ApiKeyId(text).has_value()) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace tailrace::auth
