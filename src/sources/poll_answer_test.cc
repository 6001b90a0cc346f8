#include "sources/poll_answer.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

OutboundAnswer Answer(std::string body, int status = 200) {
  OutboundAnswer answer;
  answer.status = status;
  answer.body = std::move(body);
  answer.url = "https://api.example.org/v1/items?key=s3cret";
  return answer;
}

// The records of an answer; a fault as "!" and its reason.
std::vector<std::string> Rows(const OutboundAnswer& answer, const config::PollSourceSpec& spec,
                              const std::vector<std::pair<std::string, std::string>>& added = {}) {
  std::vector<std::string> texts;
  for (const PollRow& row : ReadPollAnswer(answer, spec, added).rows) texts.push_back(row.fault.empty() ? row.json : "!" + row.fault);
  return texts;
}

using Texts = std::vector<std::string>;

TEST(PollAnswer, IsOneRecordUnlessRecordsSaysWhere) {
  config::PollSourceSpec spec;
  EXPECT_EQ(Rows(Answer("{\"a\":\n1.50}"), spec), Texts{"{\"a\": 1.50}"});
  spec.records = "/items/*";
  EXPECT_EQ(Rows(Answer(R"({"items":[{"a":1},{"a":2}],"n":2})"), spec), (Texts{R"({"a":1})", R"({"a":2})"}));
  spec.records = "/item";
  EXPECT_EQ(Rows(Answer(R"({"item":{"a":1}})"), spec), Texts{R"({"a":1})"});
}

TEST(PollAnswer, WhatIsKeptAndAddedTakesThePlaceOfWhatIsThere) {
  config::PollSourceSpec spec;
  spec.records = "/items/*";
  spec.keep = {{"id", "/request/id"}, {"lacking", "/nowhere"}, {"day", "/request/id"}};
  const std::vector<std::pair<std::string, std::string>> added = {{"day", "\"2017-03-03\""}, {"n", "7"}};
  EXPECT_EQ(Rows(Answer(R"({"request":{"id":12345678901234567890.50},"items":[{"n":1,"a":[1, 2],"id":"own"}]})"), spec, added),
            Texts{R"({"a":[1, 2],"id":12345678901234567890.50,"day":"2017-03-03","n":7})"});
}

TEST(PollAnswer, AnythingElseIsOneFaultWithItsBytes) {
  config::PollSourceSpec spec;
  spec.records = "/items/*";
  const std::pair<std::string, int> cases[] = {{"<html>busy</html>", 200}, {"{\"items\":[{]}", 200}, {"", 200},        {"{\"error\":\"quota\"}", 200},
                                               {"{\"items\":7}", 200},     {"no", 404},              {"{\"items\":[]}", 500}, {"{\"items\":[]}", 302}};
  for (const auto& [body, status] : cases) {
    const PollPage page = ReadPollAnswer(Answer(body, status), spec, {});
    ASSERT_EQ(page.rows.size(), 1U) << body;
    EXPECT_FALSE(page.rows[0].fault.empty()) << body;
    EXPECT_EQ(page.rows[0].raw, body);
    EXPECT_NE(page.rows[0].fault.find("api.example.org/v1/items"), std::string::npos) << page.rows[0].fault;
    EXPECT_EQ(page.rows[0].fault.find("s3cret"), std::string::npos) << page.rows[0].fault;
  }
}

TEST(PollAnswer, AListBelowTheTopMayBeLeftOut) {
  config::PollSourceSpec spec;
  spec.records = "/trips/tripOption/*";
  for (const char* empty : {R"({"trips":{}})", R"({"trips":{"tripOption":null}})", R"({"trips":{"tripOption":[]}})"}) {
    EXPECT_EQ(Rows(Answer(empty), spec), Texts{}) << empty;
  }
  EXPECT_EQ(Rows(Answer("", 204), spec), Texts{});
  for (const char* other : {R"({"error":{"code":403}})", R"({"trips":null})", R"({"trips":[]})", R"({"trips":{"tripOption":"x"}})"}) {
    EXPECT_EQ(ReadPollAnswer(Answer(other), spec, {}).rows.at(0).raw, other);
  }
}

TEST(PollAnswer, ARecordThatIsNoObjectIsLeftToTheSchema) {
  config::PollSourceSpec spec;
  spec.records = "/items/*";
  EXPECT_EQ(Rows(Answer(R"({"items":[7,{"a":1,"a":2}]})"), spec, {{"n", "1"}}), (Texts{"7", R"({"a":1,"a":2})"}));
}

class NextPollPageTest : public testing::Test {
 protected:
  std::string Next(const OutboundAnswer& answer, size_t records, std::string_view asked) {
    PollPage page;
    page.records = records;
    const auto next = NextPollPage(answer, page, pages_, asked);
    return next ? *next : "!" + next.error().message();
  }
  config::PollPages pages_;
};

TEST_F(NextPollPageTest, PagesCountUpUntilOneIsNotFull) {
  pages_.by = config::PollPages::By::kPage;
  EXPECT_EQ(Next(Answer(""), 3, ""), "2");
  EXPECT_EQ(Next(Answer(""), 3, "2"), "3");
  EXPECT_EQ(Next(Answer(""), 0, "3"), "");
  pages_.size = 5;
  EXPECT_EQ(Next(Answer(""), 5, "3"), "4");
  EXPECT_EQ(Next(Answer(""), 4, "3"), "");
}

TEST_F(NextPollPageTest, OffsetsCountRecords) {
  pages_.by = config::PollPages::By::kOffset;
  pages_.first = 0;
  EXPECT_EQ(Next(Answer(""), 3, ""), "3");
  EXPECT_EQ(Next(Answer(""), 2, "3"), "5");
  pages_.size = 10;
  EXPECT_EQ(Next(Answer(""), 10, "20"), "30");
}

TEST_F(NextPollPageTest, ACursorIsWhatTheAnswerHolds) {
  pages_.by = config::PollPages::By::kCursor;
  pages_.cursor = "/next";
  pages_.param = "after";
  EXPECT_EQ(Next(Answer(R"({"next":"a\u002fb"})"), 1, ""), "a/b");
  EXPECT_EQ(Next(Answer(R"({"next":17})"), 1, ""), "17");
  for (const char* last : {R"({"next":null})", R"({"next":""})", R"({"next":false})", "{}", "<html>"}) EXPECT_EQ(Next(Answer(last), 1, "x"), "") << last;
  pages_.param.clear();
  EXPECT_EQ(Next(Answer(R"({"next":"https://api.example.org/v1/items?page=2"})"), 1, ""), "https://api.example.org/v1/items?page=2");
}

TEST_F(NextPollPageTest, ALinkIsOfTheSameServer) {
  pages_.by = config::PollPages::By::kLink;
  const auto next = [this](std::string link) {
    OutboundAnswer answer = Answer("");
    answer.headers = {{"link", std::move(link)}};
    return Next(answer, 1, "");
  };
  EXPECT_EQ(next(R"(<https://api.example.org/v1/items?p=1>; rel="prev", <https://api.example.org/v1/items?p=3>; rel="next")"),
            "https://api.example.org/v1/items?p=3");
  EXPECT_EQ(next("</v1/items?p=3>; rel=next"), "https://api.example.org/v1/items?p=3");
  EXPECT_EQ(next("<?p=3>; rel=next"), "https://api.example.org/v1/items?p=3");
  EXPECT_EQ(next(R"(<https://api.example.org/v1/items?p=1>; rel="prev")"), "");
  for (const char* other : {"<https://evil.example.org/>; rel=next", "<http://api.example.org/v1/items>; rel=next", "<//evil.example.org/>; rel=next",
                            "<https://api.example.org.evil.example.org/>; rel=next", "<https://api.example.org:8443/>; rel=next",
                            "<https://api.example.org@evil.example.org/>; rel=next"}) {
    EXPECT_TRUE(next(other).starts_with('!')) << other << " " << next(other);
  }
}

}  // namespace
}  // namespace tailrace
