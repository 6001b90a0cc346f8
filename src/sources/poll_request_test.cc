#include "sources/poll_request.h"

#include <gtest/gtest.h>

namespace tailrace {
namespace {

constexpr WallTime kDue{1'488'520'800'000'000};  // 2017-03-03T06:00:00Z

config::PollSourceSpec Spec(std::string url) {
  config::PollSourceSpec spec;
  spec.url = std::move(url);
  spec.each.emplace_back();
  return spec;
}

OutboundRequest Make(const config::PollSourceSpec& spec, size_t request = 0, std::string_view asked = "") {
  const auto requests = PollRequests::Compile(spec);
  if (!requests) {
    ADD_FAILURE() << requests.error().message();
    return {};
  }
  const auto made = requests->Make(kDue, request, asked);
  EXPECT_TRUE(made) << made.error().message();
  return made.value_or(OutboundRequest());
}

std::string HeaderOf(const OutboundRequest& request, std::string_view name) {
  for (const OutboundHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return "(none)";
}

TEST(PollRequest, ValuesOfEachAndTheDueTimeAreFilledIn) {
  config::PollSourceSpec spec = Spec("https://x.org/{a}/{due:%Y}");
  spec.each = {{{"a", "\"M A/?\""}, {"n", "7"}}};
  spec.query = {{"q r", "{a}&{n}"}, {"day", "{due+30d:%Y-%m-%d}"}};
  spec.headers = {{"X-A", "{n}"}};
  spec.body = R"({"a":["{a}","x{n}",{"n":"{n}","{n}":1}],"day":"{due:%d}"})";
  spec.body_is_json = true;
  const OutboundRequest request = Make(spec);
  EXPECT_EQ(request.url, "https://x.org/M%20A%2F%3F/2017?q%20r=M%20A%2F%3F%267&day=2017-04-02");
  EXPECT_EQ(HeaderOf(request, "X-A"), "7");
  EXPECT_EQ(HeaderOf(request, "Content-Type"), "application/json");
  EXPECT_EQ(request.body, R"({"a":["M A/?","x7",{"n":7,"{n}":1}],"day":"03"})");
}

TEST(PollRequest, AddedFieldsAreJson) {
  config::PollSourceSpec spec = Spec("https://x.org/");
  spec.each = {{{"n", "7"}}};
  spec.add = {{"day", R"("{due:%Y-%b-%d}")"}, {"n", R"("{n}")"}, {"m", R"("n{n}\"")"}, {"five", "5"}};
  const auto requests = PollRequests::Compile(spec);
  ASSERT_TRUE(requests) << requests.error().message();
  const auto added = requests->Added(kDue, 0);
  ASSERT_TRUE(added);
  const std::vector<std::pair<std::string, std::string>> expected = {{"day", R"("2017-Mar-03")"}, {"n", "7"}, {"m", R"("n7\"")"}, {"five", "5"}};
  EXPECT_EQ(*added, expected);
}

TEST(PollRequest, ANameWithoutValueIsFoundBeforeAnythingIsSent) {
  for (const char* url : {"https://x.org/{b}", "https://x.org/{b:%Y}", "https://x.org/{due:%Q}", "https://x.org/{"}) {
    EXPECT_FALSE(PollRequests::Compile(Spec(url))) << url;
  }
}

TEST(PollRequest, CredentialsGoWhereTheyBelongAndAreSecret) {
  using Kind = config::PollAuth::Kind;
  config::PollSourceSpec spec = Spec("https://x.org/?a=b");
  spec.auth.kind = Kind::kQuery;
  spec.auth.name = "api key";
  spec.auth.value = "s&t";
  EXPECT_EQ(Make(spec).url, "https://x.org/?a=b&api%20key=s%26t");
  spec.auth.kind = Kind::kHeader;
  spec.auth.name = "X-Key";
  const OutboundRequest with_header = Make(spec);
  EXPECT_EQ(HeaderOf(with_header, "X-Key"), "s&t");
  spec.auth.kind = Kind::kBearer;
  EXPECT_EQ(HeaderOf(Make(spec), "Authorization"), "Bearer s&t");
  spec.auth = {Kind::kBasic, "Aladdin", "open sesame", "", "", ""};
  const OutboundRequest with_basic = Make(spec);
  EXPECT_EQ(HeaderOf(with_basic, "Authorization"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617
  for (const OutboundRequest& request : {with_header, with_basic}) {
    for (const OutboundHeader& header : request.headers) EXPECT_EQ(header.secret, header.name != "Accept") << header.name;
  }
}

TEST(PollRequest, PagesAreAskedForInTheQuery) {
  using By = config::PollPages::By;
  config::PollSourceSpec spec = Spec("https://x.org/v1");
  spec.pages.by = By::kPage;
  spec.pages.param = "page";
  spec.pages.size = 50;
  spec.pages.size_param = "limit";
  EXPECT_EQ(Make(spec).url, "https://x.org/v1?page=1&limit=50");
  EXPECT_EQ(Make(spec, 0, "4").url, "https://x.org/v1?page=4&limit=50");
  spec.pages.by = By::kCursor;
  spec.pages.param = "after";
  EXPECT_EQ(Make(spec).url, "https://x.org/v1?limit=50");
  EXPECT_EQ(Make(spec, 0, "a/b").url, "https://x.org/v1?after=a%2Fb&limit=50");
  spec.pages.by = By::kLink;
  spec.auth = {config::PollAuth::Kind::kQuery, "key", "k", "", "", ""};
  EXPECT_EQ(Make(spec, 0, "https://x.org/v1?p=2").url, "https://x.org/v1?p=2&key=k");
  EXPECT_EQ(Make(spec, 0, "https://x.org/v1?p=2&key=k").url, "https://x.org/v1?p=2&key=k");
}

}  // namespace
}  // namespace tailrace
