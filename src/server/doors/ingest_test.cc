// Records in over HTTP: every answer of the doors.
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <string>
#include <vector>

#include "model/partitioner.h"
#include "ports/testing/append_and_wait.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

constexpr StreamId kSales{0};
constexpr StreamId kNotes{1};

std::vector<std::string> Stored(EventLog& log, StreamId stream) {
  std::vector<std::string> values;
  for (int32_t partition = 0; partition < 2; ++partition) {
    for (const std::string& value : ValuesOf(ReadToEnd(log, stream, PartitionId{partition}))) values.push_back(value);
  }
  return values;
}

std::string Gzip(std::string_view text) {
  z_stream stream{};
  deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(std::string_view text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

std::string Sale(int id) { return R"({"id":)" + std::to_string(id) + R"(,"item":"tea"})"; }

TEST(IngestTest, ObjectIsStoredAsItCameAndItsOffsetTold) {
  TestServer server;
  const std::string record = R"({"item": "a \u00e9",  "id": 7.0, "price": 1.50})";
  const RawReply reply = server.Post("/streams/sales", record);
  const int partition = PartitionOfKey("7", 2).value;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, R"({"stream":"sales","accepted":1,"rejected":0,"offsets":[{"partition":)" + std::to_string(partition) +
                            R"(,"first":0,"last":0}],"errors":[]})");
  EXPECT_EQ(Stored(server.log, kSales), std::vector<std::string>{record});
}

TEST(IngestTest, LineBreaksOutsideStringsBecomeSpaces) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", "{\r\n \"id\": 1,\n \"item\": \"a\\nb\"}\n").status, 200);
  EXPECT_EQ(Stored(server.log, kSales), std::vector<std::string>{"{   \"id\": 1,  \"item\": \"a\\nb\"}"});
}

TEST(IngestTest, AliasNamesTheStream) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/shop.sales", Sale(1)).status, 200);
  EXPECT_EQ(Stored(server.log, kSales).size(), 1u);
}

TEST(IngestTest, UnknownStreamIs404WithTheStreamsThereAre) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sale", Sale(1));
  EXPECT_EQ(reply.status, 404);
  EXPECT_NE(reply.body.find(R"("there_are":["sales","notes"])"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find("did you mean sales"), std::string::npos) << reply.body;
}

TEST(IngestTest, RefusedRecordIs422WithPointerExpectedAndFound) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales", R"({"id":"six","item":"tea"})");
  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find(R"("error":{"code":"refused")"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"("errors":[{"record":0,"pointer":"/id","reason":"expected int, found string \"six\"","expected":"int","found":"string \"six\""}])"),
            std::string::npos)
      << reply.body;
  EXPECT_TRUE(Stored(server.log, kSales).empty());
}

TEST(IngestTest, PartlyRefusedArrayIs207AndTheRestIsStored) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales", "[" + Sale(1) + R"(, {"id":2}, )" + Sale(3) + "]");
  EXPECT_EQ(reply.status, 207);
  EXPECT_NE(reply.body.find(R"("accepted":2,"rejected":1)"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"("record":1,"pointer":"/item")"), std::string::npos) << reply.body;
  EXPECT_EQ(Stored(server.log, kSales).size(), 2u);
}

TEST(IngestTest, AtomicRefusesAllForOne) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales?atomic=true", "[" + Sale(1) + R"(,{"id":2}])");
  EXPECT_EQ(reply.status, 422);
  EXPECT_NE(reply.body.find(R"("accepted":0,"rejected":2)"), std::string::npos) << reply.body;
  EXPECT_TRUE(Stored(server.log, kSales).empty());
}

TEST(IngestTest, ADryRunGivesTheVerdictAndKeepsNothing) {
  TestServer server;
  const RawReply good = server.Post("/streams/sales?dry_run=true", Sale(1));
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, R"({"stream":"sales","dry_run":true,"status":200,"accepted":1,"rejected":0,"offsets":[],"errors":[]})");
  const RawReply partly = server.Post("/streams/sales?dry_run=true", "[" + Sale(1) + R"(,{"id":"six","item":"tea"}])");
  EXPECT_EQ(partly.status, 200);
  EXPECT_NE(partly.body.find(R"("status":207,"accepted":1,"rejected":1,"offsets":[],"errors":[{"record":1,"pointer":"/id")"), std::string::npos) << partly.body;
  const RawReply refused = server.Post("/streams/sales?dry_run=true&atomic=true", "[" + Sale(1) + R"(,{"id":2}])");
  EXPECT_EQ(refused.status, 200);
  EXPECT_NE(refused.body.find(R"("status":422,"accepted":0,"rejected":2)"), std::string::npos) << refused.body;
  EXPECT_EQ(server.Post("/streams/sales?dry_run=true", "{").status, 400);
  EXPECT_EQ(server.Post("/streams/sales?dry_run=yes", Sale(1)).status, 400);
  EXPECT_TRUE(Stored(server.log, kSales).empty());
  EXPECT_NE(server.metrics.Text().find("tailrace_ingest_rejected_records_total{stream=\"sales\"} 0"), std::string::npos);
}

TEST(IngestTest, ADryRunOfALargeBodyKeepsNothingEither) {
  TestServer server;
  std::string records = Sale(1);
  while (records.size() < (size_t{256} << 10)) records += "\n" + Sale(1);
  const RawReply reply = server.Post("/streams/sales?dry_run=true", records, "Content-Type: application/x-ndjson\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_TRUE(Stored(server.log, kSales).empty());
}

TEST(IngestTest, ADryRunSpendsNoIdempotencyKey) {
  TestServer server;
  const std::string key = "Idempotency-Key: once\r\n";
  EXPECT_EQ(server.Post("/streams/sales?dry_run=true", Sale(1), key).status, 200);
  const RawReply reply = server.Post("/streams/sales", Sale(2), key);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.count("idempotency-replayed"), 0U);
  EXPECT_EQ(Stored(server.log, kSales).size(), 1U);
}

TEST(IngestTest, UnknownParameterIsRefused) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales?atomc=true", Sale(1)).status, 400);
  EXPECT_TRUE(Stored(server.log, kSales).empty());
}

TEST(IngestTest, MalformedJsonIs400WithItsByteAndNothingIsStored) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales", "[" + Sale(1) + R"(,{"id":2,}])");
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find(R"("code":"invalid_body")"), std::string::npos) << reply.body;
  EXPECT_NE(reply.body.find(R"("byte":)"), std::string::npos) << reply.body;
  EXPECT_TRUE(Stored(server.log, kSales).empty());
}

TEST(IngestTest, ArrayThatDoesNotEndIs400) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", "[" + Sale(1)).status, 400);
  EXPECT_EQ(server.Post("/streams/sales", "[" + Sale(1) + "] x").status, 400);
}

TEST(IngestTest, EmptyBodyIs400) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", "").status, 400);
  EXPECT_EQ(server.Post("/streams/sales", " \n").status, 400);
}

TEST(IngestTest, DeepJsonIsRefusedAndTheServerGoesOn) {
  TestServer server;
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  EXPECT_GE(server.Post("/streams/sales", deep).status, 400);
  EXPECT_EQ(server.Post("/streams/sales", Sale(1)).status, 200);
}

TEST(IngestTest, EmptyArrayIsNothingAccepted) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales", "[]");
  EXPECT_EQ(reply.status, 200);
  EXPECT_NE(reply.body.find(R"("accepted":0,"rejected":0)"), std::string::npos) << reply.body;
}

TEST(IngestTest, MalformedLineIsARefusedRecordWithItsLine) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales", Sale(1) + "\n\n{oops\n" + Sale(2) + "\r\n", "Content-Type: application/x-ndjson\r\n");
  EXPECT_EQ(reply.status, 207);
  EXPECT_NE(reply.body.find(R"("record":1,"line":3)"), std::string::npos) << reply.body;
  EXPECT_EQ(Stored(server.log, kSales).size(), 2u);
}

TEST(IngestTest, CsvRowsTravelAsTheirTexts) {
  TestServer server;
  const RawReply reply = server.Post("/streams/sales", "id,item,price\n1,\"a \"\"b\"\"\",\nx,c,1\n", "Content-Type: text/csv\r\n");
  EXPECT_EQ(reply.status, 207);
  EXPECT_EQ(Stored(server.log, kSales), std::vector<std::string>{R"({"id":"1","item":"a \"b\"","price":null})"});
  EXPECT_NE(reply.body.find(R"("record":1,"line":3,"pointer":"/id")"), std::string::npos) << reply.body;
}

TEST(IngestTest, Latin1CsvIsConverted) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", "id,item\n1,\xA3\n", "Content-Type: text/csv; charset=ISO-8859-1\r\n").status, 200);
  EXPECT_EQ(Stored(server.log, kSales), std::vector<std::string>{"{\"id\":\"1\",\"item\":\"\xC2\xA3\"}"});
}

TEST(IngestTest, CsvWithoutAColumnThatMustBeThereIs400) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", "id\n1\n", "Content-Type: text/csv\r\n").status, 400);
}

TEST(IngestTest, OtherTypesAndCharsetsAre415) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", Sale(1), "Content-Type: text/xml\r\n").status, 415);
  EXPECT_EQ(server.Post("/streams/sales", Sale(1), "Content-Type: application/json; charset=utf-16\r\n").status, 415);
  EXPECT_EQ(server.Post("/streams/sales", Sale(1), "Content-Encoding: br\r\n").status, 415);
}

TEST(IngestTest, WhatCurlSendsByDefaultIsTaken) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", Sale(1), "Content-Type: application/x-www-form-urlencoded\r\n").status, 200);
}

TEST(IngestTest, GzipAndZstdBodiesAreExpanded) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/sales", Gzip(Sale(1)), "Content-Encoding: gzip\r\n").status, 200);
  EXPECT_EQ(server.Post("/streams/sales", Zstd(Sale(2)), "Content-Encoding: zstd\r\n").status, 200);
  EXPECT_EQ(Stored(server.log, kSales).size(), 2u);
}

TEST(IngestTest, BodyThatExpandsTooFarIs413) {
  ServerOptions options;
  options.limits.body_bytes_max = 10'000;
  TestServer server(SalesPipeline(), options);
  const std::string large(1'000'000, ' ');
  EXPECT_EQ(server.Post("/streams/sales", Gzip(large), "Content-Encoding: gzip\r\n").status, 413);
  EXPECT_EQ(server.Post("/streams/sales", Zstd(large), "Content-Encoding: zstd\r\n").status, 413);
}

TEST(IngestTest, BrokenCompressionIs400) {
  TestServer server;
  const std::string cut = Gzip(Sale(1)).substr(0, 20);
  EXPECT_EQ(server.Post("/streams/sales", cut, "Content-Encoding: gzip\r\n").status, 400);
  EXPECT_EQ(server.Post("/streams/sales", "no zstd at all", "Content-Encoding: zstd\r\n").status, 400);
}

TEST(IngestTest, BodyBeyondTheLimitIs413WithoutBeingRead) {
  ServerOptions options;
  options.limits.body_bytes_max = 100;
  TestServer server(SalesPipeline(), options);
  RawClient client = server.Connect();
  const RawReply reply = client.Ask("POST /streams/sales HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n");
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.headers.at("connection"), "close");
}

TEST(IngestTest, TooManyRecordsIs413) {
  ServerOptions options;
  options.limits.records_per_request_max = 1;
  TestServer server(SalesPipeline(), options);
  EXPECT_EQ(server.Post("/streams/sales", "[" + Sale(1) + "," + Sale(2) + "]").status, 413);
  EXPECT_TRUE(Stored(server.log, kSales).empty());
}

TEST(IngestTest, MissingLengthIs411) {
  TestServer server;
  EXPECT_EQ(server.Connect().Ask("POST /streams/sales HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 411);
}

TEST(IngestTest, SameIdempotencyKeyGetsTheFirstReplyAgain) {
  TestServer server;
  const RawReply first = server.Post("/streams/notes", R"({"text":"a"})", "Idempotency-Key: k1\r\n");
  const RawReply again = server.Post("/streams/notes", R"({"text":"a"})", "Idempotency-Key: k1\r\n");
  EXPECT_EQ(first.status, 200);
  EXPECT_FALSE(first.headers.contains("idempotency-replayed"));
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.at("idempotency-replayed"), "true");
  EXPECT_EQ(Stored(server.log, kNotes).size(), 1u);
}

TEST(IngestTest, IdempotencyKeyWithAnotherBodyIs409) {
  TestServer server;
  server.Post("/streams/notes", R"({"text":"a"})", "Idempotency-Key: k1\r\n");
  EXPECT_EQ(server.Post("/streams/notes", R"({"text":"b"})", "Idempotency-Key: k1\r\n").status, 409);
  EXPECT_EQ(Stored(server.log, kNotes).size(), 1u);
}

TEST(IngestTest, OverlongOrEmptyIdempotencyKeyIs400) {
  TestServer server;
  EXPECT_EQ(server.Post("/streams/notes", R"({"text":"a"})", "Idempotency-Key: " + std::string(257, 'k') + "\r\n").status, 400);
  EXPECT_EQ(server.Post("/streams/notes", R"({"text":"a"})", "Idempotency-Key:\r\n").status, 400);
}

TEST(IngestTest, RequestsWithoutKeysTakeTurnsAmongPartitions) {
  TestServer server;
  RawClient client = server.Connect();
  std::vector<std::string> partitions;
  for (int i = 0; i < 2; ++i) {
    const std::string body = client.Post("/streams/notes", R"([{"text":"a"},{"text":"b"}])").body;
    partitions.push_back(body.substr(body.find("\"partition\":"), 13));
    EXPECT_NE(body.find(R"("first":0,"last":1)"), std::string::npos) << body;
  }
  EXPECT_NE(partitions[0], partitions[1]);
}

TEST(IngestTest, ReplyComesOnlyWhenEveryPartitionIsSynced) {
  TestServer server;
  const PartitionId held = PartitionOfKey("1", 2);
  server.log.Hold(kSales, held);
  std::string body = "[";
  for (int id = 1; id <= 8; ++id) body += (id > 1 ? "," : "") + Sale(id);
  RawClient client = server.Connect();
  client.Send("POST /streams/sales HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size() + 1) + "\r\n\r\n" + body + "]");
  // Another client is served meanwhile, so the first request has been taken by then.
  EXPECT_EQ(server.Get("/healthz").status, 200);
  while (server.log.Partitions(kSales)[static_cast<size_t>(1 - held.value)].end.value == 0) std::this_thread::yield();
  server.log.Release(kSales, held);
  const RawReply reply = client.Read();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(Stored(server.log, kSales).size(), 8u);
}

TEST(IngestTest, LogWithoutRoomIs503WithRetryAfter) {
  TestServer server;
  server.log.Refuse(Error::Exhausted("too many bytes are waiting to be written"));
  const RawReply reply = server.Post("/streams/sales", Sale(1));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
}

TEST(IngestTest, FencedPartitionIs503AndReadyzSaysSo) {
  TestServer server;
  server.log.Hold(kNotes, PartitionId{0});
  server.log.Hold(kNotes, PartitionId{1});
  server.log.Fence(kNotes, PartitionId{0});
  server.log.Fence(kNotes, PartitionId{1});
  EXPECT_EQ(server.Post("/streams/notes", R"({"text":"a"})").status, 503);
  const RawReply ready = server.Get("/readyz");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("partition 0 of stream notes"), std::string::npos) << ready.body;
}

config::Pipeline WithDoor(config::HttpSourceSpec http, std::vector<config::Target> into = {{"notes", ""}}) {
  config::Pipeline pipeline = SalesPipeline();
  config::SourceSpec source;
  source.name = "door";
  source.into = std::move(into);
  http.route = "/test";
  source.kind = std::move(http);
  pipeline.sources = {source};
  return pipeline;
}

TEST(IngestTest, EchoDoorAnswersWithTheBodyAsItCame) {
  config::HttpSourceSpec http;
  http.echo = config::EchoReply{};
  http.status = 201;
  TestServer server(WithDoor(http));
  const RawReply reply = server.Post("/test?any=thing", "{\"text\":\n\"a\"}");
  EXPECT_EQ(reply.status, 201);
  EXPECT_EQ(reply.body, "{\"text\":\n\"a\"}");
  EXPECT_EQ(Stored(server.log, kNotes).size(), 1u);
}

TEST(IngestTest, NamedEchoRewritesTimes) {
  config::HttpSourceSpec http;
  http.echo = config::EchoReply{"accepted", {{"at", "%d-%m-%Y %H:%M:%S"}}};
  TestServer server(WithDoor(http));
  EXPECT_EQ(server.Post("/test", R"({"text":"a","at":"2024-03-01"})").body, R"({"accepted":{"text":"a","at":"01-03-2024 00:00:00"}})");
}

TEST(IngestTest, DoorsFaultTableDecidesStatusAndBody) {
  config::HttpSourceSpec http;
  http.faults = {{"/at", 400, true}, {"", 418, false}};
  TestServer server(WithDoor(http));
  const std::string record = R"({"text":"a","at":"yesterday"})";
  const RawReply by_date = server.Post("/test", record);
  EXPECT_EQ(by_date.status, 400);
  EXPECT_EQ(by_date.body, record);
  EXPECT_EQ(server.Post("/test", R"({"at":null})").status, 418);
}

TEST(IngestTest, RefusedAtADoorWithoutTableIs422) {
  config::HttpSourceSpec http;
  http.echo = config::EchoReply{};
  TestServer server(WithDoor(http));
  const RawReply reply = server.Post("/test", "{}");
  EXPECT_EQ(reply.status, 422);
  // What GET /dlq knows it by, not the door's own name.
  EXPECT_NE(reply.body.find(R"("stream":"notes")"), std::string::npos) << reply.body;
}

TEST(IngestTest, PartsGoToTheirStreamsOrNotAtAll) {
  TestServer server(WithDoor({}, {{"sales", "/sale"}, {"notes", "/note"}}));
  EXPECT_EQ(server.Post("/test", R"({"sale":)" + Sale(1) + R"(,"note":{"text":"a"}})").status, 200);
  const RawReply refused = server.Post("/test", R"({"sale":)" + Sale(2) + R"(,"note":{"text":5}})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_NE(refused.body.find(R"("pointer":"/note/text")"), std::string::npos) << refused.body;
  EXPECT_EQ(server.Post("/test", R"({"sale":)" + Sale(3) + "}").status, 422);
  EXPECT_EQ(Stored(server.log, kSales), std::vector<std::string>{Sale(1)});
  EXPECT_EQ(Stored(server.log, kNotes), std::vector<std::string>{R"({"text":"a"})"});
}

TEST(IngestTest, TwoPartsOfTheFileCannotWantTheSameRoute) {
  config::Pipeline pipeline = WithDoor({});
  pipeline.sources.push_back(pipeline.sources.front());
  TestServer parts;
  const Services services = {pipeline, {StreamId{0}, StreamId{1}}, parts.log, parts.warehouse, parts.documents, parts.progress, parts.metrics, parts.clock};
  EXPECT_FALSE(Server::Create(services, {}).has_value());
}

}  // namespace
}  // namespace tailrace::server
