// What the server does when more comes than it can take: who is refused, who is not held up, and what memory it costs.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

std::string PostHead(size_t length, std::string_view fields = "") {
  return "POST /streams/notes HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) + "Content-Length: " + std::to_string(length) + "\r\n\r\n";
}

const std::string kNote = R"({"text":"a"})";
constexpr std::string_view kLines = "Content-Type: application/x-ndjson\r\n";

std::string Notes(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += kNote + "\n";
  return lines;
}

ServerOptions With(void (*set)(Limits&)) {
  ServerOptions options;
  set(options.limits);
  return options;
}

TEST(LoadTest, PromisedBodiesTakeNoMemoryFromThoseThatCome) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 8 << 20; }));
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 100; ++i) {
    silent.push_back(std::make_unique<RawClient>(server.server->port()));
    silent.back()->Send(PostHead(1 << 20) + "{");
  }
  const std::string body = R"({"text":")" + std::string(100'000, 'x') + R"("})";
  EXPECT_EQ(server.Post("/streams/notes", body).status, 200);
}

TEST(LoadTest, ABodyThatFindsNoMemoryIsRefusedAtOnceAndItsConnectionGoesOn) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 1000; }));
  RawClient client = server.Connect();
  client.Send(PostHead(5000));
  const RawReply refused = client.Read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("retry-after"), "1");
  client.Send(std::string(5000, 'x'));  // it was under way already
  EXPECT_EQ(client.Post("/streams/notes", kNote).status, 200);
}

TEST(LoadTest, ARefusedRequestThatCameWholeDoesNotEndItsConnection) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 100; }));
  RawClient client = server.Connect();
  EXPECT_EQ(client.Post("/streams/notes", std::string(500, 'x')).status, 503);
  EXPECT_EQ(client.Post("/streams/notes", kNote).status, 200);
}

TEST(LoadTest, WhoAsksAgainAtOnceIsRefusedOnceInATickAndHoldsUpNobody) {
  constexpr int kTries = 6;
  constexpr std::chrono::milliseconds kTick{50};
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 100; }));
  RawClient impatient = server.Connect();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < kTries; ++i) EXPECT_EQ(impatient.Post("/streams/notes", std::string(500, 'x')).status, 503);
  // The first at once, the second at the next tick.
  EXPECT_GE(std::chrono::steady_clock::now() - began, (kTries - 2) * kTick);
  impatient.Send(PostHead(500) + std::string(500, 'x'));
  EXPECT_EQ(server.Post("/streams/notes", kNote).status, 200);
  EXPECT_EQ(impatient.Read().status, 503);
  impatient.Send(PostHead(500) + std::string(500, 'x'));
  impatient.FinishSending();
  EXPECT_EQ(impatient.Read().status, 503) << "it left while it was not looked at";
}

TEST(LoadTest, WhoeverExpectsToBeToldWhetherToSendIsNotWaitedFor) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 100; }));
  RawClient client = server.Connect();
  const RawReply refused = client.Ask(PostHead(500, "Expect: 100-continue\r\n"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("connection"), "close");
}

TEST(LoadTest, WhileMemoryIsShortASlowBodyHasToGo) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 100'000; }));
  RawClient slow = server.Connect();
  slow.Send(PostHead(95'000) + std::string(90'000, 'x'));
  while (server.Get("/metrics").body.find("tailrace_http_body_bytes 95000") == std::string::npos) {
  }
  server.clock.Push(std::chrono::seconds(3));
  EXPECT_EQ(slow.Read().status, 408);
  EXPECT_EQ(server.Post("/streams/notes", R"({"text":")" + std::string(50'000, 'x') + R"("})").status, 200);
}

TEST(LoadTest, WhileThereIsMemoryASlowBodyHasItsTime) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 1 << 20; }));
  RawClient slow = server.Connect();
  slow.Send(PostHead(kNote.size()) + kNote.substr(0, 5));
  EXPECT_EQ(server.Get("/healthz").status, 200);
  server.clock.Push(std::chrono::seconds(20));
  EXPECT_EQ(server.Get("/healthz").status, 200);
  EXPECT_EQ(slow.Ask(kNote.substr(5)).status, 200);
}

TEST(LoadTest, WhatIsMadeOfABodyCountsLikeTheBody) {
  // A line costs thirteen bytes to send, and some hundred while it is a record on its way.
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.bytes_in_flight_max = 1 << 20; }));
  const RawReply reply = server.Post("/streams/notes", Notes(20'000), kLines);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(server.Post("/streams/notes", kNote).status, 200);
  EXPECT_NE(server.Get("/metrics").body.find("tailrace_http_body_bytes 0"), std::string::npos);
}

TEST(LoadTest, ALargeBodyIsReadBesideTheLoop) {
  TestServer server;
  server.clock.HoldBodies();
  RawClient large = server.Connect();
  // The log asks for the time of what it is handed: there the thread stands still.
  const std::string lines = Notes(20'000) + "{}\n";
  large.Send(PostHead(lines.size(), kLines) + lines);
  server.clock.WaitForHeldBody();
  EXPECT_EQ(server.Get("/healthz").status, 200);
  EXPECT_EQ(server.Post("/streams/notes", "no JSON").status, 400);
  server.clock.ReleaseBodies();
  const RawReply reply = large.Read();
  EXPECT_EQ(reply.status, 207);
  EXPECT_NE(reply.body.find(R"("accepted":20000,"rejected":1)"), std::string::npos) << reply.body.substr(0, 200);
}

TEST(LoadTest, LargeBodiesAreAnsweredAsSmallOnesAre) {
  TestServer server;
  const std::string broken(200'000, '[');
  EXPECT_EQ(server.Post("/streams/notes", broken).status, 400);
  const RawReply reply = server.Post("/streams/notes", Notes(30'000), kLines);
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("accepted":30000)"), std::string::npos);
  EXPECT_EQ(server.log.Partitions(StreamId{1})[0].end.value + server.log.Partitions(StreamId{1})[1].end.value, 30'000);
}

TEST(LoadTest, AnswersThatNobodyTakesAreBounded) {
  TestServer server(SalesPipeline(), With([](Limits& limits) { limits.answer_bytes_max = 50'000; }));
  ASSERT_EQ(server.Post("/streams/notes", R"({"text":")" + std::string(100'000, 'x') + R"("})").status, 200);
  int large = 0;
  for (int partition = 0; partition < 2; ++partition) {
    const RawReply reply = server.Get("/streams/notes/records?partition=" + std::to_string(partition));
    if (reply.status == 503) ++large;
  }
  EXPECT_EQ(large, 1);
}

}  // namespace
}  // namespace tailrace::server
