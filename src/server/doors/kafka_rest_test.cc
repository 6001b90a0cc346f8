// Records in as to a Kafka REST Proxy: the shapes, statuses and codes that its clients know.
#include "server/doors/kafka_rest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/partitioner.h"
#include "ports/testing/append_and_wait.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

constexpr StreamId kSales{0};
constexpr StreamId kNotes{1};
constexpr std::string_view kJson = "Content-Type: application/vnd.kafka.json.v2+json\r\n";
constexpr std::string_view kBinary = "Content-Type: application/vnd.kafka.binary.v2+json\r\n";

std::string Placed(int partition, int64_t offset) {
  return R"({"partition":)" + std::to_string(partition) + R"(,"offset":)" + std::to_string(offset) + R"(,"error_code":null,"error":null})";
}

std::string Offsets(const std::string& entries) { return R"({"offsets":[)" + entries + R"(],"key_schema_id":null,"value_schema_id":null})"; }

TEST(KafkaRestTest, RecordIsStoredAsItCameAndItsOffsetTold) {
  TestServer server;
  const RawReply reply = server.Post("/topics/sales", R"({"records":[{"value":{"id": 7,  "item":"tea"}}]})", kJson);
  const int partition = PartitionOfKey("7", 2).value;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), kKafkaType);
  EXPECT_EQ(reply.body, Offsets(Placed(partition, 0)));
  EXPECT_EQ(ValuesOf(ReadToEnd(server.log, kSales, PartitionId{partition})), std::vector<std::string>{R"({"id": 7,  "item":"tea"})"});
}

TEST(KafkaRestTest, EachRecordIsToldInItsOrderAndOneThatIsRefusedStopsNoOther) {
  TestServer server;
  const RawReply reply =
      server.Post("/topics/notes", R"({"records":[{"value":{"text":"a"},"partition":1},{"value":{"text":5}},{"value":{"text":"b"},"partition":1},{"value":{"txt":"c"}}]})", kJson);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.find(R"({"offsets":[)" + Placed(1, 0) + R"(,{"partition":null,"offset":null,"error_code":1,"error":"/text: expected string, found)"), 0u)
      << reply.body;
  // Each with its own reason.
  EXPECT_NE(reply.body.find("}," + Placed(1, 1) + R"(,{"partition":null,"offset":null,"error_code":1,"error":"/txt: expected no field of this name)"), std::string::npos)
      << reply.body;
  EXPECT_EQ(ValuesOf(ReadToEnd(server.log, kNotes, PartitionId{1})).size(), 2u);
}

TEST(KafkaRestTest, KeyOfTheRequestPicksThePartitionWhereTheStreamHasNone) {
  TestServer server;
  for (const std::string key : {"a", "b", "c", "d"}) {
    const RawReply reply = server.Post("/topics/notes", R"({"records":[{"key":")" + key + R"(","value":{"text":"x"}}]})", kJson);
    const std::string partition = std::to_string(PartitionOfKey(key, 2).value);
    EXPECT_NE(reply.body.find(R"("partition":)" + partition), std::string::npos) << key << reply.body;
  }
}

TEST(KafkaRestTest, KeyOfTheStreamIsStrongerThanThatOfTheRequestAndThanAPartition) {
  TestServer server;
  const int right = PartitionOfKey("7", 2).value;
  const std::string other = std::to_string(1 - right);
  const RawReply reply = server.Post("/topics/sales", R"({"records":[{"key":"zz","partition":)" + other + R"(,"value":{"id":7,"item":"tea"}}]})", kJson);
  EXPECT_EQ(reply.body, Offsets(Placed(right, 0)));
}

TEST(KafkaRestTest, PartitionThatThereIsNotIsTheRecordsOwnFault) {
  TestServer server;
  for (const std::string partition : {"2", "-1", "4294967296"}) {
    const RawReply reply = server.Post("/topics/notes", R"({"records":[{"partition":)" + partition + R"(,"value":{"text":"x"}}]})", kJson);
    EXPECT_EQ(reply.status, 200);
    EXPECT_NE(reply.body.find(R"("error_code":1,"error":"expected a partition from 0 to 1, found )" + partition), std::string::npos) << reply.body;
  }
}

TEST(KafkaRestTest, BinaryValuesAreBase64OfRecords) {
  TestServer server;
  // {"text":"é"}
  const RawReply reply = server.Post("/topics/notes", R"({"records":[{"key":"a2V5","value":"eyJ0ZXh0Ijoiw6kifQ=="},{"value":"%%%"}]})", kBinary);
  EXPECT_EQ(reply.status, 200);
  const int partition = PartitionOfKey("key", 2).value;
  EXPECT_EQ(ValuesOf(ReadToEnd(server.log, kNotes, PartitionId{partition})), std::vector<std::string>{"{\"text\":\"é\"}"});
  EXPECT_NE(reply.body.find("not base64"), std::string::npos) << reply.body;
}

TEST(KafkaRestTest, WhatTheProxyRefusesIsRefusedWithItsCodes) {
  TestServer server;
  struct Case {
    std::string_view target, type, body;
    int status, code;
  };
  const std::string_view value = R"({"records":[{"value":{"text":"x"}}]})";
  const std::vector<Case> cases = {
      {"/topics/nobody", "application/vnd.kafka.json.v2+json", value, 404, 40401},
      {"/topics/notes", "text/plain", value, 415, 415},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", "{\"records\":", 400, 400},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", "[]", 400, 400},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", "", 400, 400},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", "{}", 422, 422},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", R"({"records":[]})", 422, 422},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", R"({"records":[{"values":1}]})", 422, 422},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", R"({"record":[{"value":1}]})", 422, 422},
      {"/topics/notes", "application/vnd.kafka.json.v2+json", R"({"records":[{"partition":"x","value":{}}]})", 400, 400},
      {"/topics/notes", "application/vnd.kafka.avro.v2+json", R"({"records":[{"key":1,"value":1}]})", 422, 42201},
      {"/topics/notes", "application/vnd.kafka.avro.v2+json", R"({"records":[{"value":1}]})", 422, 42202},
      {"/topics/notes", "application/vnd.kafka.avro.v2+json", R"({"value_schema":"x","records":[{"value":1}]})", 408, 40801},
  };
  for (const Case& one : cases) {
    const RawReply reply = server.Post(one.target, one.body, "Content-Type: " + std::string(one.type) + "\r\n");
    EXPECT_EQ(reply.status, one.status) << one.type << one.body;
    EXPECT_EQ(reply.body.find(R"({"error_code":)" + std::to_string(one.code) + R"(,"message":")"), 0u) << one.body << reply.body;
  }
  EXPECT_TRUE(ValuesOf(ReadToEnd(server.log, kNotes, PartitionId{0})).empty());
  EXPECT_TRUE(ValuesOf(ReadToEnd(server.log, kNotes, PartitionId{1})).empty());
}

TEST(KafkaRestTest, ManyMembersAreRefusedAndHoldNothingUp) {
  TestServer server;
  std::string many = "{\"records\":[{\"value\":{\"text\":\"x\"}}]";
  for (int i = 0; i < 400'000; ++i) many += ",\"" + std::to_string(i) + "\":0";
  const RawReply reply = server.Post("/topics/notes", many + "}", kJson);
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find("more than 64 members"), std::string::npos) << reply.body;
}

TEST(KafkaRestTest, RequestThatComesAgainUnderItsKeyIsStoredOnce) {
  TestServer server;
  const std::string headers = std::string(kJson) + "Idempotency-Key: k1\r\n";
  const std::string body = R"({"records":[{"value":{"text":"a"}},{"value":{"text":"b"}}]})";
  const RawReply first = server.Post("/topics/notes", body, headers);
  const RawReply second = server.Post("/topics/notes", body, headers);
  EXPECT_EQ(first.body, second.body);
  size_t stored = 0;
  for (int32_t i = 0; i < 2; ++i) stored += ValuesOf(ReadToEnd(server.log, kNotes, PartitionId{i})).size();
  EXPECT_EQ(stored, 2u);
  const RawReply other = server.Post("/topics/notes", R"({"records":[{"value":{"text":"c"}}]})", headers);
  EXPECT_EQ(other.status, 409);
  EXPECT_EQ(other.body.find(R"({"error_code":409,)"), 0u) << other.body;
}

TEST(KafkaRestTest, TopicsAreStreamsByEachOfTheirNames) {
  TestServer server;
  EXPECT_EQ(server.Get("/topics").body, R"(["sales","shop.sales","notes"])");
  const std::string replicas = R"("leader":0,"replicas":[{"broker":0,"leader":true,"in_sync":true}]})";
  const std::string partitions = R"([{"partition":0,)" + replicas + R"(,{"partition":1,)" + replicas + "]";
  EXPECT_EQ(server.Get("/topics/shop.sales").body, R"({"name":"shop.sales","configs":{},"partitions":)" + partitions + "}");
  EXPECT_EQ(server.Get("/topics/sales/partitions").body, partitions);
  EXPECT_EQ(server.Get("/topics/sales/partitions/1").body, R"({"partition":1,)" + replicas);
  EXPECT_EQ(server.Get("/topics/sales/partitions/2").body, R"({"error_code":40402,"message":"Partition not found."})");
  EXPECT_EQ(server.Get("/topics/nobody/partitions").body, R"({"error_code":40401,"message":"Topic not found."})");
}

TEST(KafkaRestTest, WhoIsNotLetInIsToldSoAsByTheProxy) {
  TestServer server;
  server.authenticator.Add("reader", {auth::Role::kRead});
  const RawReply nobody = server.Post("/topics/notes", "{}", kJson);
  EXPECT_EQ(nobody.status, 401);
  EXPECT_EQ(nobody.body.find(R"({"error_code":401,)"), 0u) << nobody.body;
  EXPECT_EQ(nobody.headers.count("www-authenticate"), 1u);
  const RawReply reader = server.Post("/topics/notes", "{}", std::string(kJson) + "X-API-Key: reader\r\n");
  EXPECT_EQ(reader.status, 403);
  EXPECT_EQ(reader.body.find(R"({"error_code":403,)"), 0u) << reader.body;
}

}  // namespace
}  // namespace tailrace::server
