#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/json_text.h"

namespace tailrace {
namespace {

struct Found {
  std::vector<std::string> parts;
  std::string fault;
};

Found FindAll(std::string_view json, std::string_view pattern, size_t count_max = SIZE_MAX) {
  JsonDocument document;
  EXPECT_FALSE(document.Parse(json).has_value()) << json;
  auto parts = document.FindAll(pattern, count_max);
  if (!parts) return {{}, parts.error().message()};
  Found found;
  for (const JsonPart& part : *parts) {
    EXPECT_EQ(json.substr(part.byte, part.text.size()), part.text);
    found.parts.emplace_back(part.text);
  }
  return found;
}

using Parts = std::vector<std::string>;

TEST(JsonPatternTest, WithoutAStarItIsAPointer) {
  EXPECT_EQ(FindAll(R"({"a":{"b":[1, {"c~/":2}]}})", "/a/b/1/c~0~1").parts, Parts{"2"});
  EXPECT_EQ(FindAll("[1]", "").parts, Parts{"[1]"});
}

TEST(JsonPatternTest, AStarStandsForEachElementAndEachValue) {
  const char* json = R"({"trips":{"option":[{"s":[1,2]},{"s":[]},{"s":[{"x":"]"}]}]}})";
  EXPECT_EQ(FindAll(json, "/trips/option/*/s/*").parts, (Parts{"1", "2", R"({"x":"]"})"}));
  EXPECT_EQ(FindAll(R"({"a":{"n":1},"b":{"n":2}})", "/*/n").parts, (Parts{"1", "2"}));
  EXPECT_EQ(FindAll("[]", "/*").parts, Parts{});
}

TEST(JsonPatternTest, BeforeTheFirstStarAPartMustBeThere) {
  EXPECT_EQ(FindAll(R"({"trips":{}})", "/trips/option/*").fault, "/trips: has no part option");
  EXPECT_EQ(FindAll(R"({"trips":{"option":null}})", "/trips/option/*").fault,
            "/trips/option: null, and parts of it are wanted");
  EXPECT_EQ(FindAll("7", "/*").fault, "the value: neither a list nor an object");
}

TEST(JsonPatternTest, BehindAStarAMissingPartIsNone) {
  EXPECT_EQ(FindAll(R"([{"s":[1]},{},{"s":null},{"s":[2]}])", "/*/s/*").parts, (Parts{"1", "2"}));
  EXPECT_EQ(FindAll(R"([{"s":[1]},{"s":"x"}])", "/*/s/*").fault, "/1/s: neither a list nor an object");
  EXPECT_EQ(FindAll(R"([{"s":[1]},5])", "/*/s").fault, "/1: has no parts, and /s is wanted");
}

TEST(JsonPatternTest, ItLooksNoFurtherThanAsked) { EXPECT_EQ(FindAll(R"([1,2,3])", "/*", 2).parts, (Parts{"1", "2"})); }

}  // namespace
}  // namespace tailrace
