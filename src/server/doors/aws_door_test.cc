// Kinesis and Firehose as their own clients speak to them. tests/doors/boto3_test.py does the same with the real client.
#include "server/doors/aws_door.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/byte_text.h"
#include "model/json_members.h"
#include "model/partitioner.h"
#include "ports/testing/append_and_wait.h"
#include "server/testing/test_server.h"

namespace tailrace::server {
namespace {

constexpr StreamId kNotes{1};

class AwsDoorTest : public ::testing::Test {
 protected:
  RawReply Call(const std::string& target, const std::string& body, const std::string& headers = "") {
    return server_.Post("/", body, "X-Amz-Target: " + target + "\r\nContent-Type: application/x-amz-json-1.1\r\n" + headers);
  }
  RawReply Kinesis(const std::string& action, const std::string& body) { return Call("Kinesis_20131202." + action, body); }

  static std::string Note(const std::string& text) { return engine::Base64("{\"text\":\"" + text + "\"}"); }
  std::vector<std::string> Notes(int32_t partition) { return ValuesOf(ReadToEnd(server_.log, kNotes, PartitionId{partition})); }

  static std::string Member(const RawReply& reply, std::string_view name) {
    const auto members = JsonMembers(reply.body);
    EXPECT_TRUE(members.has_value()) << reply.body;
    for (const auto& [key, value] : *members) {
      if (key == name) return JsonStringValue(value).value_or(std::string(value));
    }
    ADD_FAILURE() << name << " is not in " << reply.body;
    return {};
  }
  void ExpectError(const RawReply& reply, int status, const std::string& type) {
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(Member(reply, "__type"), type) << reply.body;
    EXPECT_EQ(reply.headers.at("content-type"), kAwsJsonType);
  }

  TestServer server_;
};

TEST_F(AwsDoorTest, RecordIsStoredInTheShardOfItsKeyAndReadAgain) {
  const int32_t partition = PartitionOfKey("k", 2).value;
  const std::string shard = "shardId-00000000000" + std::to_string(partition);
  const RawReply put = Kinesis("PutRecord", R"({"StreamName":"notes","Data":")" + Note("a") + R"(","PartitionKey":"k"})");
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.body, R"({"SequenceNumber":"0","ShardId":")" + shard + R"("})");
  EXPECT_EQ(Notes(partition), std::vector<std::string>{R"({"text":"a"})"});
  const RawReply start = Kinesis("GetShardIterator", R"({"StreamName":"notes","ShardId":")" + shard + R"(","ShardIteratorType":"TRIM_HORIZON"})");
  const RawReply read = Kinesis("GetRecords", R"({"ShardIterator":")" + Member(start, "ShardIterator") + R"("})");
  EXPECT_NE(read.body.find(R"("Data":")" + Note("a") + R"(","PartitionKey":"k")"), std::string::npos) << read.body;
  EXPECT_EQ(Member(read, "MillisBehindLatest"), "0");
  const RawReply rest = Kinesis("GetRecords", R"({"ShardIterator":")" + Member(read, "NextShardIterator") + R"("})");
  EXPECT_EQ(rest.body.find(R"({"Records":[],)"), 0u) << rest.body;
}

TEST_F(AwsDoorTest, ListTellsOfEachRecord) {
  const RawReply put = Kinesis("PutRecords", R"({"StreamARN":"arn:aws:kinesis:eu-west-1:123456789012:stream/notes","Records":[{"Data":")" + Note("a") +
                                                 R"(","PartitionKey":"k"},{"Data":"e30=","PartitionKey":"k"},{"Data":")" + Note("b") + R"(","PartitionKey":"k"}]})");
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(Member(put, "FailedRecordCount"), "1");
  EXPECT_NE(put.body.find(R"({"ErrorCode":"InvalidArgumentException","ErrorMessage":"/text: expected string, found nothing"})"), std::string::npos) << put.body;
  EXPECT_EQ(Notes(PartitionOfKey("k", 2).value).size(), 2u);
}

TEST_F(AwsDoorTest, FirehoseTakesRecordsWithoutKeys) {
  const RawReply one = Call("Firehose_20150804.PutRecord", R"({"DeliveryStreamName":"notes","Record":{"Data":")" + engine::Base64("{\"text\":\"a\"}\n") + "\"}}");
  EXPECT_EQ(one.status, 200);
  EXPECT_NE(one.body.find(R"("RecordId":"shardId-)"), std::string::npos) << one.body;
  const RawReply many = Call("Firehose_20150804.PutRecordBatch",
                             R"({"DeliveryStreamName":"notes","Records":[{"Data":")" + Note("b") + R"("},{"Data":")" + engine::Base64("rubbish") + R"("}]})");
  EXPECT_EQ(Member(many, "FailedPutCount"), "1");
  EXPECT_EQ(Notes(0).size() + Notes(1).size(), 2u);
}

TEST_F(AwsDoorTest, RequestThatAClientSendsAgainIsStoredOnce) {
  const std::string body = R"({"StreamName":"notes","Data":")" + Note("a") + R"(","PartitionKey":"k"})";
  const std::string id = "amz-sdk-invocation-id: 123192d3-24a6-47a7-9f38-9ddb8d12e37a\r\n";
  const RawReply first = Call("Kinesis_20131202.PutRecord", body, id + "amz-sdk-request: attempt=1\r\n");
  const RawReply second = Call("Kinesis_20131202.PutRecord", body, id + "amz-sdk-request: attempt=2\r\n");
  EXPECT_EQ(first.body, second.body);
  EXPECT_EQ(Notes(PartitionOfKey("k", 2).value).size(), 1u);
}

TEST_F(AwsDoorTest, IteratorsBeginWhereTheySay) {
  for (const char* text : {"a", "b", "c"}) {
    Kinesis("PutRecord", R"({"StreamName":"notes","Data":")" + Note(text) + R"(","PartitionKey":"k"})");
  }
  const std::string shard = R"({"StreamName":"notes","ShardId":"shardId-00000000000)" + std::to_string(PartitionOfKey("k", 2).value) + "\",";
  const auto first_after = [&](const std::string& how) {
    const RawReply start = Kinesis("GetShardIterator", shard + how + "}");
    EXPECT_EQ(start.status, 200) << start.body;
    const RawReply read = Kinesis("GetRecords", R"({"Limit":1,"ShardIterator":")" + Member(start, "ShardIterator") + R"("})");
    const size_t at = read.body.find(R"("SequenceNumber":")");
    return at == std::string::npos ? std::string("none") : read.body.substr(at + 18, 1);
  };
  EXPECT_EQ(first_after(R"("ShardIteratorType":"TRIM_HORIZON")"), "0");
  EXPECT_EQ(first_after(R"("ShardIteratorType":"LATEST")"), "none");
  EXPECT_EQ(first_after(R"("ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"1")"), "1");
  EXPECT_EQ(first_after(R"("ShardIteratorType":"AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":"1")"), "2");
  EXPECT_EQ(first_after(R"("ShardIteratorType":"AT_TIMESTAMP","Timestamp":1.5E9)"), "0");
}

TEST_F(AwsDoorTest, StreamsAndShardsAreDescribed) {
  EXPECT_EQ(Kinesis("ListStreams", "{}").body, R"({"StreamNames":["sales","shop.sales","notes"],"HasMoreStreams":false})");
  EXPECT_EQ(Call("Firehose_20150804.ListDeliveryStreams", "{}").body, R"({"DeliveryStreamNames":["sales","shop.sales","notes"],"HasMoreDeliveryStreams":false})");
  const std::string half = "170141183460469231731687303715884105727";
  const std::string shards = R"([{"ShardId":"shardId-000000000000","HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"170141183460469231731687303715884105726"},)"
                             R"("SequenceNumberRange":{"StartingSequenceNumber":"0"}},{"ShardId":"shardId-000000000001","HashKeyRange":{"StartingHashKey":")" +
                             half + R"(","EndingHashKey":"340282366920938463463374607431768211455"},"SequenceNumberRange":{"StartingSequenceNumber":"0"}}])";
  EXPECT_EQ(Kinesis("ListShards", R"({"StreamName":"shop.sales"})").body, R"({"Shards":)" + shards + "}");
  const RawReply described = Kinesis("DescribeStream", R"({"StreamName":"shop.sales"})");
  EXPECT_NE(described.body.find(R"("StreamStatus":"ACTIVE")"), std::string::npos) << described.body;
  EXPECT_NE(described.body.find(R"("Shards":)" + shards), std::string::npos) << described.body;
  EXPECT_NE(Kinesis("DescribeStreamSummary", R"({"StreamName":"sales"})").body.find(R"("OpenShardCount":2)"), std::string::npos);
}

TEST_F(AwsDoorTest, MistakesAreToldByAmazonsNames) {
  ExpectError(Call("", "{}"), 400, "UnknownOperationException");
  ExpectError(Kinesis("CreateStream", "{}"), 400, "UnknownOperationException");
  ExpectError(Kinesis("PutRecord", "{"), 400, "SerializationException");
  ExpectError(Kinesis("PutRecord", "{}"), 400, "ValidationException");
  ExpectError(Kinesis("PutRecord", R"({"StreamName":"nobody","Data":"e30=","PartitionKey":"k"})"), 400, "ResourceNotFoundException");
  ExpectError(Kinesis("PutRecord", R"({"StreamName":7,"Data":"e30=","PartitionKey":"k"})"), 400, "SerializationException");
  ExpectError(Kinesis("PutRecord", R"({"StreamName":"notes","Data":"%","PartitionKey":"k"})"), 400, "SerializationException");
  ExpectError(Kinesis("PutRecord", R"({"StreamName":"notes","PartitionKey":"k"})"), 400, "ValidationException");
  ExpectError(Kinesis("PutRecord", R"({"StreamName":"notes","Data":"e30="})"), 400, "ValidationException");
  ExpectError(Kinesis("PutRecord", R"({"StreamName":"notes","Data":"e30=","PartitionKey":"k"})"), 400, "InvalidArgumentException");
  ExpectError(Kinesis("PutRecords", R"({"StreamName":"notes","Records":[]})"), 400, "ValidationException");
  ExpectError(Kinesis("GetShardIterator", R"({"StreamName":"notes","ShardId":"shardId-000000000002","ShardIteratorType":"LATEST"})"), 400, "ResourceNotFoundException");
  ExpectError(Kinesis("GetShardIterator", R"({"StreamName":"notes","ShardId":"0","ShardIteratorType":"SOMEWHERE"})"), 400, "ValidationException");
  ExpectError(Kinesis("GetShardIterator", R"({"StreamName":"notes","ShardId":"0","ShardIteratorType":"AT_SEQUENCE_NUMBER","StartingSequenceNumber":"9"})"), 400,
              "InvalidArgumentException");
  for (const std::string text : {"", "x", "1 notes 0", "1 nobody 0 0", "1 notes 9 0", "1 notes -1 0", "1 notes 0 -1", "1 notes 0 0 0", "2 notes 0 0"}) {
    ExpectError(Kinesis("GetRecords", R"({"ShardIterator":")" + engine::Base64(text) + R"("})"), 400, "InvalidArgumentException");
  }
  ExpectError(Kinesis("GetRecords", R"({"Limit":0,"ShardIterator":")" + engine::Base64("1 notes 0 0") + R"("})"), 400, "ValidationException");
  EXPECT_TRUE(Notes(0).empty() && Notes(1).empty());
}

TEST_F(AwsDoorTest, OnceThereAreKeysNobodyComesInWithout) {
  server_.authenticator.Add("writer", {auth::Role::kIngest});
  server_.authenticator.Add("reader", {auth::Role::kRead}, std::set<auth::Thing>{{auth::ThingKind::kStream, "sales"}});
  server_.authenticator.AddSigner("AKID", "secret", {auth::Role::kAdmin});
  const std::string body = R"({"StreamName":"notes","Data":")" + Note("a") + R"(","PartitionKey":"k"})";
  ExpectError(Kinesis("PutRecord", body), 401, "UnrecognizedClientException");
  const std::string scope = "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/kinesis/aws4_request, SignedHeaders=host;x-amz-date;x-amz-target, Signature=";
  ExpectError(Call("Kinesis_20131202.PutRecord", body, scope + std::string(64, '0') + "\r\n"), 401, "UnrecognizedClientException");
  ExpectError(Call("Kinesis_20131202.PutRecord", body, "Authorization: AWS4-HMAC-SHA256 Credential=AKID\r\n"), 401, "UnrecognizedClientException");
  ExpectError(Call("Kinesis_20131202.ListStreams", "{}", scope + std::string(64, '0') + "\r\n"), 401, "UnrecognizedClientException");
  ExpectError(Call("Kinesis_20131202.PutRecord", body, "X-API-Key: reader\r\n"), 403, "AccessDeniedException");
  ExpectError(Call("Kinesis_20131202.DescribeStream", R"({"StreamName":"notes"})", "X-API-Key: reader\r\n"), 403, "AccessDeniedException");
  ExpectError(Call("Kinesis_20131202.GetRecords", R"({"ShardIterator":")" + engine::Base64("1 notes 0 0") + R"("})", "X-API-Key: reader\r\n"), 403, "AccessDeniedException");
  EXPECT_EQ(Call("Kinesis_20131202.ListStreams", "{}", "X-API-Key: reader\r\n").body, R"({"StreamNames":["sales","shop.sales"],"HasMoreStreams":false})");
  EXPECT_TRUE(Notes(0).empty() && Notes(1).empty());
  EXPECT_EQ(Call("Kinesis_20131202.PutRecord", body, "X-API-Key: writer\r\n").status, 200);
  // A signature opens no other route.
  EXPECT_EQ(server_.Get("/streams", scope + std::string(64, '0') + "\r\n").status, 401);
}

}  // namespace
}  // namespace tailrace::server
