// Records in as to Kinesis behind an API gateway.
#include "server/doors/kinesis_gateway.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/partitioner.h"
#include "ports/testing/append_and_wait.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

constexpr StreamId kNotes{1};

RawReply Put(TestServer& server, const std::string& target, const std::string& body) {
  return server.Connect().Ask("PUT " + target + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::vector<std::string> Notes(TestServer& server) {
  std::vector<std::string> values;
  for (int32_t i = 0; i < 2; ++i) {
    for (const std::string& value : ValuesOf(ReadToEnd(server.log, kNotes, PartitionId{i}))) values.push_back(value);
  }
  return values;
}

TEST(KinesisGatewayTest, DataIsTheRecordAndThePartitionKeyPicksItsShard) {
  TestServer server;
  const RawReply reply = Put(server, "/streams/notes/record", R"({"StreamName":"notes","Data":{"text":"a"},"PartitionKey":"partition-1"})");
  EXPECT_EQ(reply.status, 200);
  const std::string shard = std::to_string(PartitionOfKey("partition-1", 2).value);
  EXPECT_EQ(reply.body, R"({"SequenceNumber":"0","ShardId":"shardId-00000000000)" + shard + R"("})");
  EXPECT_EQ(Notes(server), std::vector<std::string>{R"({"text":"a"})"});
}

TEST(KinesisGatewayTest, DataMayBeTheTextOfTheRecord) {
  TestServer server;
  EXPECT_EQ(Put(server, "/streams/notes/record", R"({"Data":"{\"text\":\"a\"}","PartitionKey":1})").status, 200);
  EXPECT_EQ(Notes(server), std::vector<std::string>{R"({"text":"a"})"});
}

TEST(KinesisGatewayTest, ListIsToldRecordByRecordUnderEitherNames) {
  TestServer server;
  const std::string expected = R"({"FailedRecordCount":1,"Records":[{"SequenceNumber":"0","ShardId":)";
  const RawReply lower =
      Put(server, "/streams/notes/records", R"({"records":[{"data":{"text":"a"},"partition-key":"k"},{"data":{"text":1},"partition-key":"k"}]})");
  EXPECT_EQ(lower.status, 200);
  EXPECT_EQ(lower.body.find(expected), 0u) << lower.body;
  EXPECT_NE(lower.body.find(R"({"ErrorCode":"InvalidArgumentException","ErrorMessage":"/text: expected string)"), std::string::npos) << lower.body;
  const RawReply upper = Put(server, "/streams/notes/records", R"({"StreamName":"notes","Records":[{"Data":{"text":"b"},"PartitionKey":"k"}]})");
  EXPECT_EQ(upper.status, 200);
  EXPECT_NE(upper.body.find(R"("FailedRecordCount":0)"), std::string::npos) << upper.body;
  EXPECT_EQ(Notes(server), (std::vector<std::string>{R"({"text":"a"})", R"({"text":"b"})"}));
}

TEST(KinesisGatewayTest, MistakesAreToldAsAmazonTellsThem) {
  TestServer server;
  struct Case {
    std::string target, body;
    int status;
    std::string type;
  };
  const std::string one = "/streams/notes/record";
  const std::vector<Case> cases = {
      {"/streams/nobody/record", R"({"Data":{"text":"a"},"PartitionKey":"k"})", 400, "ResourceNotFoundException"},
      {one, R"({"Data":{"text":1},"PartitionKey":"k"})", 400, "InvalidArgumentException"},
      {one, R"({"Data":"no json","PartitionKey":"k"})", 400, "InvalidArgumentException"},
      {one, R"({"Data":null,"PartitionKey":"k"})", 400, "InvalidArgumentException"},
      {one, R"({"PartitionKey":"k"})", 400, "ValidationException"},
      {one, R"({"Data":{"text":"a"}})", 400, "ValidationException"},
      {one, R"({"Data":{"text":"a"},"PartitionKey":""})", 400, "ValidationException"},
      {one, R"({"Data":{"text":"a"},"PartitionKey":")" + std::string(257, 'k') + "\"}", 400, "ValidationException"},
      {one, "{", 400, "SerializationException"},
      {one, "", 400, "SerializationException"},
      {"/streams/notes/records", R"({"records":[]})", 400, "ValidationException"},
      {"/streams/notes/records", R"({"records":{}})", 400, "ValidationException"},
      {"/streams/notes/records", R"({"records":[{"data":{"text":"a"},"partition-key":"k"},{"data":{"text":"a"}}]})", 400, "ValidationException"},
  };
  for (const Case& one_case : cases) {
    const RawReply reply = Put(server, one_case.target, one_case.body);
    EXPECT_EQ(reply.status, one_case.status) << one_case.body;
    EXPECT_EQ(reply.body.find(R"({"__type":")" + one_case.type + R"(","message":")"), 0u) << one_case.body << reply.body;
    EXPECT_EQ(reply.headers.at("x-amzn-errortype"), one_case.type);
  }
  EXPECT_TRUE(Notes(server).empty());
}

}  // namespace
}  // namespace tailrace::server
