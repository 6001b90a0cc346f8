#include "documents/json_reader.h"

#include <gtest/gtest.h>

namespace tailrace::documents {
namespace {

TEST(JsonReader, TakesBlanksOutAndLeavesTokensAsTheyAre) {
  JsonReader reader;
  auto text =
      reader.ReadValue(" { \"a b\" : [ 1.50 , -0.0e+10 , \"x \\u00e9 \\\" y\" , true,false , null , { } , [ ] ] } \n");
  ASSERT_TRUE(text) << text.error().message();
  EXPECT_EQ(*text, R"({"a b":[1.50,-0.0e+10,"x \u00e9 \" y",true,false,null,{},[]]})");
}

TEST(JsonReader, TakesEveryKindOfValueAlone) {
  JsonReader reader;
  for (const char* json : {"1", "\"a\"", "null", "true", "[]", "{}", "123456789012345678901234567890", "1E999"}) {
    auto text = reader.ReadValue(json);
    ASSERT_TRUE(text) << json << ": " << text.error().message();
    EXPECT_EQ(*text, json);
  }
}

TEST(JsonReader, RefusesWhatIsNotOneValue) {
  JsonReader reader;
  for (const char* json : {"",      " ",     "1 2",        "1,2",         "{},{}",     "][",
                           "],[",   "1]",    "[1",         "{\"a\":1",    "{\"a\" 1}", "{\"a\":1 \"b\":2}",
                           "[1 2]", "{a:1}", "{\"a\":}",   "01",          "1.",        ".5",
                           "+1",    "1e",    "-",          "--1",         "tru",       "nul",
                           "nulll", "truex", "\"a",        "\"\\x\"",     "\"a\nb\"",  "NaN",
                           "{}x",   "[1,]",  "{\"a\":1,}", "\"\\ud800\"", "\"\xff\""}) {
    EXPECT_FALSE(reader.ReadValue(json)) << json;
    std::string inside = std::string("{\"k\":") + json + "}";
    EXPECT_FALSE(reader.ReadObject(inside)) << inside;
  }
}

TEST(JsonReader, RefusesDeepNestingInsteadOfRunningOutOfStack) {
  JsonReader reader;
  std::string deep(100'000, '[');
  EXPECT_FALSE(reader.ReadValue(deep + std::string(100'000, ']')));
  std::string fine(JsonReader::kDepthMax - 1, '[');
  EXPECT_TRUE(reader.ReadValue(fine + std::string(JsonReader::kDepthMax - 1, ']')));
}

TEST(JsonReader, LastValueOfARepeatedNameCounts) {
  JsonReader reader;
  auto object = reader.ReadObject(R"({"a":1,"b":2,"\u0061":3})");
  ASSERT_TRUE(object);
  std::string text;
  object->AppendText(&text);
  EXPECT_EQ(text, R"({"a":3,"b":2})");
}

TEST(JsonObject, ErasedNamesAreGoneAlsoFromTheIndex) {
  JsonObject object;
  for (int i = 0; i < 100; ++i) object.Set("n" + std::to_string(i), std::to_string(i));
  for (int i = 0; i < 100; ++i) {
    if (i != 42) object.Erase("n" + std::to_string(i));
  }
  object.Set("n7", "\"again\"");
  std::string text;
  object.AppendText(&text);
  EXPECT_EQ(text, R"({"n42":42,"n7":"again"})");
}

TEST(JsonObject, NamesAreEscaped) {
  JsonObject object;
  object.Set("\"\\\n\x01\xc3\xa9", "1");
  std::string text;
  object.AppendText(&text);
  EXPECT_EQ(text, "{\"\\\"\\\\\\n\\u0001\xc3\xa9\":1}");
}

}  // namespace
}  // namespace tailrace::documents
