#include "engine/letter_entry.h"

#include <gtest/gtest.h>

#include <string>

#include "model/record_decoder.h"

namespace tailrace::engine {
namespace {

using std::string_literals::operator""s;

Result<LetterEntry> Parsed(std::string json) {
  json.append(RecordDecoder::kPadding, '\0');
  return ParseLetterEntry(std::string_view(json).substr(0, json.size() - RecordDecoder::kPadding), Offset{0});
}

TEST(LetterEntryTest, BytesOfAnyKindComeBackAsTheyWere) {
  for (const std::string& raw : {""s, "{\"a\": 1}"s, "x\0y"s, "\0"s, "\xff\xfe"s, "\\u0000"s, "\xC3\xA9\n\t\"\\"s}) {
    DeadLetter letter;
    letter.stream = "s";
    letter.raw = raw;
    letter.reason = "found " + raw;
    const auto entry = Parsed(DeadLetterJson(letter, WallTime{1000}));
    ASSERT_TRUE(entry.has_value()) << entry.error().message();
    EXPECT_EQ(entry->letter.raw, raw);
  }
}

TEST(LetterEntryTest, ANulWrittenByAnOlderProgramIsRead) {
  const auto entry = Parsed(R"({"stage":"schema","stream":"s","reason":"found \"x\u0000y\"","time_ms":1,"raw":"x\u0000\\u0000\u0000"})");
  ASSERT_TRUE(entry.has_value()) << entry.error().message();
  EXPECT_EQ(entry->letter.raw, "x\0\\u0000\0"s);
}

}  // namespace
}  // namespace tailrace::engine
