#include "notify/webhook.h"

#include <gtest/gtest.h>

#include "ports/testing/fake_outbound_http.h"

namespace tailrace::notify {
namespace {

WebhookOptions Options() {
  WebhookOptions options;
  options.url = "https://hooks.example.org/services/T0/B0/secret";
  options.headers = {{"X-Token", "t", true}};
  return options;
}

TEST(Webhook, PostsWhatSlackTakes) {
  FakeOutboundHttp http([](const OutboundRequest&) { return AnswerWith("ok"); });
  ASSERT_TRUE(NewWebhookNotifier(Options(), http)->Send({"shop: \"quiet\" fires", "no sales\nfor an hour"}, {}));
  const OutboundRequest sent = http.requests().at(0);
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.body, R"({"text":"*shop: \"quiet\" fires*\nno sales\nfor an hour"})");
  EXPECT_EQ(sent.headers.at(0).name, "X-Token");
  EXPECT_EQ(sent.headers.at(1).value, "application/json");
  EXPECT_FALSE(sent.allow_private);
  EXPECT_EQ(ShownAddress(sent.url, sent.hidden), "https://hooks.example.org…");
}

TEST(Webhook, WhatCanPassIsTriedAgainAndNothingShowsTheAddress) {
  for (const auto& [status, code] : {std::pair(500, ErrorCode::kUnavailable), {429, ErrorCode::kUnavailable}, {404, ErrorCode::kInvalid}, {301, ErrorCode::kInvalid}}) {
    FakeOutboundHttp http([status = status](const OutboundRequest&) { return AnswerWith("", status); });
    const Status sent = NewWebhookNotifier(Options(), http)->Send({"s", ""}, {});
    ASSERT_FALSE(sent) << status;
    EXPECT_EQ(sent.error().code(), code) << status;
    EXPECT_EQ(sent.error().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace tailrace::notify
