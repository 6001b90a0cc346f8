#include "server/streams/tail.h"

#include <gtest/gtest.h>

#include <string>

#include "ports/testing/append_and_wait.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

constexpr StreamId kNotes{1};
constexpr PartitionId kFirst{0};

void Open(RawClient& client, std::string_view query, std::string_view headers = "") {
  client.Send("GET /streams/notes/tail" + std::string(query) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(headers) + "\r\n");
  const std::string head = client.ReadUntil("retry: 1000\n\n");
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos) << head;
}

void Append(TestServer& server, const std::string& text) {
  ASSERT_TRUE(AppendValues(server.log, kNotes, kFirst, {R"({"text":")" + text + R"("})"}).has_value());
}

TEST(TailTest, RecordsComeAsTheyAreAppended) {
  TestServer server;
  Append(server, "before");
  RawClient client = server.Connect();
  Open(client, "");
  Append(server, "a");
  const std::string event = client.ReadUntil("\n\n");
  EXPECT_NE(event.find("id: 0:2,1:0\nevent: record\ndata: {\"partition\":0,\"offset\":1,\"seq\":2,"), std::string::npos) << event;
  EXPECT_NE(event.find(R"("value":{"text":"a"}})"), std::string::npos) << event;
  Append(server, "b");
  EXPECT_NE(client.ReadUntil("\n\n").find(R"("text":"b")"), std::string::npos);
}

TEST(TailTest, StartsAtTheOldestWhenAsked) {
  TestServer server;
  Append(server, "a");
  Append(server, "b");
  RawClient client = server.Connect();
  Open(client, "?from=oldest");
  EXPECT_NE(client.ReadUntil("\n\n").find(R"("text":"a")"), std::string::npos);
  EXPECT_NE(client.ReadUntil("\n\n").find(R"("text":"b")"), std::string::npos);
}

TEST(TailTest, GoesOnWhereTheLastEventWas) {
  TestServer server;
  Append(server, "a");
  Append(server, "b");
  RawClient client = server.Connect();
  Open(client, "", "Last-Event-ID: 0:1,1:0\r\n");
  EXPECT_NE(client.ReadUntil("\n\n").find(R"("text":"b")"), std::string::npos);
}

TEST(TailTest, WhatRetentionTookIsAGap) {
  TestServer server;
  for (const char* text : {"a", "b", "c"}) Append(server, text);
  server.log.Truncate(kNotes, kFirst, Offset{2});
  RawClient client = server.Connect();
  Open(client, "?partition=0&from=0");
  EXPECT_NE(client.ReadUntil("\n\n").find("event: gap\ndata: {\"partition\":0,\"from\":0,\"to\":2}"), std::string::npos);
  EXPECT_NE(client.ReadUntil("\n\n").find(R"("text":"c")"), std::string::npos);
}

TEST(TailTest, SlowReaderGetsAGapInsteadOfTheServersMemory) {
  ServerOptions options;
  options.limits.tail_lag_records_max = 5;
  options.limits.tail_chunk_bytes_max = 1;
  TestServer server(SalesPipeline(), options);
  RawClient client = server.Connect();
  Open(client, "");
  const std::string large(1 << 20, 'x');
  for (int i = 0; i < 40; ++i) Append(server, large);
  std::string event;
  for (int i = 0; i < 200 && event.find("event: gap") == std::string::npos; ++i) {
    event = client.ReadUntil("\n\n");
    ASSERT_FALSE(event.empty());
  }
  EXPECT_NE(event.find("event: gap"), std::string::npos);
}

TEST(TailTest, SilenceIsBrokenBySignsOfLife) {
  TestServer server;
  RawClient client = server.Connect();
  Open(client, "");
  server.clock.Push(std::chrono::seconds(16));
  EXPECT_NE(client.ReadUntil(":\n\n").find(":\n\n"), std::string::npos);
}

TEST(TailTest, OneTailTooManyIs503AndALeftOneMakesRoom) {
  ServerOptions options;
  options.limits.tails_max = 1;
  TestServer server(SalesPipeline(), options);
  RawClient first = server.Connect();
  Open(first, "");
  EXPECT_EQ(server.Get("/streams/notes/tail").status, 503);
  first.Close();
  RawClient next = server.Connect();
  std::string answer;
  while (answer.find("200 OK") == std::string::npos) {
    RawClient again = server.Connect();
    again.Send("GET /streams/notes/tail HTTP/1.1\r\nHost: localhost\r\n\r\n");
    answer = again.ReadUntil("\r\n\r\n");
    ASSERT_FALSE(answer.empty());
  }
}

TEST(TailTest, StopEndsTheStream) {
  TestServer server;
  RawClient client = server.Connect();
  Open(client, "");
  server.server->Stop();
  EXPECT_NE(client.ReadUntil("0\r\n\r\n").find("0\r\n\r\n"), std::string::npos);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(TailTest, WrongStartsAre400) {
  TestServer server;
  EXPECT_EQ(server.Get("/streams/notes/tail?from=5").status, 400);
  EXPECT_EQ(server.Get("/streams/notes/tail?from=soon&partition=0").status, 400);
  EXPECT_EQ(server.Get("/streams/notes/tail?from=7:1").status, 400);
  EXPECT_EQ(server.Get("/streams/none/tail").status, 404);
}

}  // namespace
}  // namespace tailrace::server
