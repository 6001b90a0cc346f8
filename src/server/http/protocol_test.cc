// How connections behave: what is malformed, slow, in a row, too much, or from somewhere else.
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

using std::string_literals::operator""s;

constexpr std::string_view kHost = "Host: localhost\r\n";

std::string Request(std::string_view line, std::string_view fields = "", std::string_view body = "") {
  return std::string(line) + " HTTP/1.1\r\n" + std::string(kHost) + std::string(fields) + "\r\n" + std::string(body);
}

struct Malformed {
  std::string name;
  std::string bytes;
  int status;
};

class MalformedTest : public ::testing::TestWithParam<Malformed> {};

TEST_P(MalformedTest, IsRefusedAndTheConnectionClosed) {
  TestServer server;
  RawClient client = server.Connect();
  const RawReply reply = client.Ask(GetParam().bytes);
  EXPECT_EQ(reply.status, GetParam().status) << reply.body;
  EXPECT_NE(reply.body.find("\"error\":{\"code\":"), std::string::npos) << reply.body;
  client.FinishSending();
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(server.Get("/healthz").status, 200);
  EXPECT_EQ(server.log.Partitions(StreamId{1})[0].end.value + server.log.Partitions(StreamId{1})[1].end.value, 0);
}

const std::string kPost = "POST /streams/notes HTTP/1.1\r\nHost: localhost\r\n";
const std::string kNote = R"({"text":"a"})";

INSTANTIATE_TEST_SUITE_P(
    All, MalformedTest,
    ::testing::Values(
        Malformed{"Garbage", "\x16\x03\x01 not http\r\n\r\n", 400},
        Malformed{"LengthAndChunks", kPost + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"ChunksAndLength", kPost + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
        Malformed{"TwoLengths", kPost + "Content-Length: 12\r\nContent-Length: 13\r\n\r\n" + kNote, 400},
        Malformed{"SameLengthTwice", kPost + "Content-Length: 12\r\nContent-Length: 12\r\n\r\n" + kNote, 400},
        Malformed{"LengthList", kPost + "Content-Length: 12, 12\r\n\r\n" + kNote, 400},
        Malformed{"NegativeLength", kPost + "Content-Length: -1\r\n\r\n", 400},
        Malformed{"SignedLength", kPost + "Content-Length: +12\r\n\r\n" + kNote, 400},
        Malformed{"HugeLength", kPost + "Content-Length: 99999999999999999999\r\n\r\n", 400},
        Malformed{"OtherTransferCoding", kPost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"BareLineFeed", "GET /healthz HTTP/1.1\nHost: localhost\n\n", 400},
        Malformed{"BareLineFeedInField", "GET /healthz HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", 400},
        Malformed{"FoldedField", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", 400},
        Malformed{"SpaceBeforeColon", "GET /healthz HTTP/1.1\r\nHost : localhost\r\n\r\n", 400},
        Malformed{"NulInField", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n"s, 400},
        Malformed{"NoHost", "GET /healthz HTTP/1.1\r\n\r\n", 400},
        Malformed{"TwoHosts", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400},
        Malformed{"BadChunkSize", kPost + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        Malformed{"ChunkWithoutEnd", kPost + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n", 400},
        Malformed{"FoldedTrailer", kPost + "Transfer-Encoding: chunked\r\n\r\nc\r\n" + kNote + "\r\n0\r\nX: a\r\n b\r\n\r\n", 400},
        Malformed{"ByteAboveAsciiInTarget", "GET /healthz\xe9 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        Malformed{"ChunksInOldProtocol", "POST /streams/notes HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"OtherProtocol", "GET /healthz HTTP/3.7\r\nHost: localhost\r\n\r\n", 505},
        Malformed{"LargeHeader", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
        Malformed{"LongTarget", "GET /" + std::string(20'000, 'x'), 431}),
    [](const auto& instance) { return instance.param.name; });

TEST(ProtocolTest, PipelinedRequestsAreAnsweredInOrder) {
  TestServer server;
  RawClient client = server.Connect();
  const std::string post = Request("POST /streams/notes", "Content-Length: 12\r\n", kNote);
  client.Send(Request("GET /healthz") + post + Request("GET /nowhere") + post + Request("GET /streams/notes/records?limit=1"));
  EXPECT_EQ(client.Read().body, R"({"status":"ok"})");
  EXPECT_NE(client.Read().body.find(R"("accepted":1)"), std::string::npos);
  EXPECT_EQ(client.Read().status, 404);
  EXPECT_NE(client.Read().body.find(R"("accepted":1)"), std::string::npos);
  EXPECT_NE(client.Read().body.find(R"("records":[)"), std::string::npos);
}

TEST(ProtocolTest, RequestMayComeByteByByte) {
  TestServer server;
  RawClient client = server.Connect();
  for (const char byte : Request("POST /streams/notes", "Content-Length: 12\r\n", kNote)) client.Send({&byte, 1});
  EXPECT_EQ(client.Read().status, 200);
}

TEST(ProtocolTest, LargeBodyMayComeInPieces) {
  TestServer server;
  RawClient client = server.Connect();
  const std::string text(300'000, 'x');
  const std::string body = R"({"text":")" + text + R"("})";
  client.Send(Request("POST /streams/notes", "Content-Length: " + std::to_string(body.size()) + "\r\n"));
  for (size_t at = 0; at < body.size(); at += 10'000) client.Send(std::string_view(body).substr(at, 10'000));
  EXPECT_EQ(client.Read().status, 200);
}

TEST(ProtocolTest, ChunkedBodyIsPutTogetherAndTrailersIgnored) {
  TestServer server;
  RawClient client = server.Connect();
  client.Send(Request("POST /streams/notes", "Transfer-Encoding: chunked\r\n", "5;x=y\r\n{\"tex\r\n"));
  client.Send("7\r\nt\":\"a\"}\r\n0\r\nContent-Type: text/xml\r\n\r\n" + Request("GET /healthz"));
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().body, R"({"status":"ok"})");
}

TEST(ProtocolTest, ChunkedBodyBeyondTheLimitIs413) {
  ServerOptions options;
  options.limits.body_bytes_max = 100;
  TestServer server(SalesPipeline(), options);
  EXPECT_EQ(server.Connect().Ask(Request("POST /streams/notes", "Transfer-Encoding: chunked\r\n", "65\r\n")).status, 413);
}

TEST(ProtocolTest, ExpectedContinueIsSentBeforeTheBody) {
  TestServer server;
  RawClient client = server.Connect();
  EXPECT_EQ(client.Ask(Request("POST /streams/notes", "Expect: 100-continue\r\nContent-Length: 12\r\n")).status, 100);
  EXPECT_EQ(client.Ask(kNote).status, 200);
}

TEST(ProtocolTest, RefusalComesInsteadOfContinue) {
  TestServer server;
  EXPECT_EQ(server.Connect().Ask(Request("POST /nowhere", "Expect: 100-continue\r\nContent-Length: 12\r\n")).status, 404);
  EXPECT_EQ(server.Connect().Ask(Request("POST /streams/notes", "Expect: tea\r\nContent-Length: 12\r\n")).status, 417);
}

TEST(ProtocolTest, HeadIsGetWithoutABody) {
  TestServer server;
  RawClient client = server.Connect();
  client.Send(Request("HEAD /healthz") + Request("GET /healthz"));
  EXPECT_NE(client.ReadUntil("\r\n\r\n").find("Content-Length: 15\r\n"), std::string::npos);
  EXPECT_EQ(client.Read().body, R"({"status":"ok"})");
}

TEST(ProtocolTest, OptionsAndWrongMethodsNameTheRightOnes) {
  TestServer server;
  RawClient client = server.Connect();
  const RawReply options = client.Ask(Request("OPTIONS /streams/notes"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.headers.at("allow"), "POST, GET, HEAD, OPTIONS");
  const RawReply wrong = client.Ask(Request("DELETE /streams/notes"));
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.headers.at("allow"), "POST, GET, HEAD, OPTIONS");
  EXPECT_EQ(client.Ask(Request("OPTIONS *")).status, 204);
}

TEST(ProtocolTest, OldProtocolIsClosedAfterTheAnswer) {
  TestServer server;
  RawClient client = server.Connect();
  EXPECT_EQ(client.Ask("GET /healthz HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(ProtocolTest, OldProtocolMayAskToStay) {
  TestServer server;
  RawClient client = server.Connect();
  const RawReply reply = client.Ask("GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(reply.headers.at("connection"), "keep-alive");
  EXPECT_EQ(client.Get("/healthz").status, 200);
}

TEST(ProtocolTest, ClientThatHalfClosesStillGetsItsAnswers) {
  TestServer server;
  RawClient client = server.Connect();
  client.Send(Request("POST /streams/notes", "Content-Length: 12\r\n", kNote) + Request("GET /healthz"));
  client.FinishSending();
  EXPECT_EQ(client.Read().status, 200);
  EXPECT_EQ(client.Read().body, R"({"status":"ok"})");
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(ProtocolTest, ForeignHostIsRefused) {
  TestServer server;
  EXPECT_EQ(server.Connect().Ask("GET /healthz HTTP/1.1\r\nHost: evil.example:7070\r\n\r\n").status, 403);
  EXPECT_EQ(server.Connect().Ask("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n\r\n").status, 403);
  EXPECT_EQ(server.Connect().Ask("GET /healthz HTTP/1.1\r\nHost: [::1]:7070\r\n\r\n").status, 200);
  EXPECT_EQ(server.Connect().Ask("GET /healthz HTTP/1.1\r\nHost: LOCALHOST:1\r\n\r\n").status, 200);
}

TEST(ProtocolTest, ForeignOriginIsRefused) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/notes", kNote, "Origin: https://evil.example\r\n").status, 403);
  EXPECT_EQ(server.Post("/streams/notes", kNote, "Origin: null\r\n").status, 403);
  EXPECT_EQ(server.Post("/streams/notes", kNote, "Origin: http://localhost.evil.example\r\n").status, 403);
  EXPECT_EQ(server.Post("/streams/notes", kNote, "Origin: http://localhost:3000\r\n").status, 200);
}

TEST(ProtocolTest, AddressBeyondLoopbackNeedsToBeAskedFor) {
  TestServer parts;
  ServerOptions options;
  options.host = "0.0.0.0";
  EXPECT_FALSE(Server::Create(parts.services(), options).has_value());
  options.auth_none = true;
  EXPECT_TRUE(Server::Create(parts.services(), options).has_value());
}

TEST(ProtocolTest, SlowHeaderIs408) {
  TestServer server;
  RawClient client = server.Connect();
  client.Send("GET /healthz HTTP/1.1\r\n");
  EXPECT_EQ(server.Get("/healthz").status, 200);  // by now the first bytes have come
  server.clock.Push(std::chrono::seconds(11));
  EXPECT_EQ(client.Read().status, 408);
}

TEST(ProtocolTest, SlowBodyIs408) {
  TestServer server;
  RawClient client = server.Connect();
  EXPECT_EQ(client.Ask(Request("POST /streams/notes", "Expect: 100-continue\r\nContent-Length: 12\r\n")).status, 100);
  server.clock.Push(std::chrono::seconds(31));
  EXPECT_EQ(client.Read().status, 408);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST(ProtocolTest, IdleConnectionIsClosedInSilence) {
  TestServer server;
  RawClient client = server.Connect();
  EXPECT_EQ(client.Get("/healthz").status, 200);
  server.clock.Push(std::chrono::seconds(76));
  EXPECT_EQ(client.ReadUntil("nothing"), "");
}

TEST(ProtocolTest, OneConnectionTooManyIs503) {
  ServerOptions options;
  options.limits.connections_max = 1;
  TestServer server(SalesPipeline(), options);
  RawClient first = server.Connect();
  EXPECT_EQ(first.Get("/healthz").status, 200);
  RawClient second = server.Connect();
  const RawReply reply = second.Read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  EXPECT_EQ(reply.body, R"({"error":{"code":"busy","message":"too many connections are open"}})");
}

TEST(ProtocolTest, TooManyBytesInFlightIs503) {
  ServerOptions options;
  options.limits.bytes_in_flight_max = 1000;
  TestServer server(SalesPipeline(), options);
  RawClient first = server.Connect();
  EXPECT_EQ(first.Ask(Request("POST /streams/notes", "Expect: 100-continue\r\nContent-Length: 900\r\n")).status, 100);
  const RawReply second = server.Post("/streams/notes", R"({"text":")" + std::string(200, 'x') + R"("})");
  EXPECT_EQ(second.status, 503);
  EXPECT_EQ(second.headers.at("retry-after"), "1");
  first.Close();
  int status = 503;
  while (status == 503) status = server.Post("/streams/notes", R"({"text":")" + std::string(200, 'x') + R"("})").status;
  EXPECT_EQ(status, 200);
}

TEST(ProtocolTest, StopFinishesWhatIsBeingAnswered) {
  TestServer server;
  for (int32_t partition = 0; partition < 2; ++partition) server.log.Hold(StreamId{1}, PartitionId{partition});
  RawClient busy = server.Connect();
  RawClient idle = server.Connect();
  EXPECT_EQ(idle.Get("/healthz").status, 200);
  busy.Send(Request("POST /streams/notes", "Content-Length: 12\r\n", kNote));
  EXPECT_EQ(idle.Get("/healthz").status, 200);
  std::jthread stopper([&] { server.server->Stop(); });
  EXPECT_TRUE(idle.IsClosedByServer());
  for (int32_t partition = 0; partition < 2; ++partition) server.log.Release(StreamId{1}, PartitionId{partition});
  const RawReply reply = busy.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("connection"), "close");
}

TEST(ProtocolTest, SeveralLoopsShareTheWork) {
  ServerOptions options;
  options.ingest_threads = 3;
  TestServer server(SalesPipeline(), options);
  std::vector<std::future<int>> statuses;
  for (int i = 0; i < 12; ++i) {
    statuses.push_back(std::async(std::launch::async, [&server] { return server.Post("/streams/notes", kNote).status; }));
  }
  for (auto& status : statuses) EXPECT_EQ(status.get(), 200);
  EXPECT_EQ(server.log.Partitions(StreamId{1})[0].end.value + server.log.Partitions(StreamId{1})[1].end.value, 12);
}

}  // namespace
}  // namespace tailrace::server
