// Requests at the doors of Kafka REST and Kinesis: each is refused whole, in a form that its client reads, or gives records that lie where
// they may be read; the same each time. Base64 is what encodes to itself.
//
// The first byte says which door and how; the rest is the body.
#include <iterator>
#include <string>
#include <vector>

#include "engine/byte_text.h"
#include "fuzz.h"
#include "model/json_members.h"
#include "model/record_decoder.h"
#include "model/schema.h"
#include "ports/testing/any_sink.h"
#include "server/doors/aws_shape.h"
#include "server/doors/kafka_unwrap.h"
#include "server/doors/kinesis_unwrap.h"

namespace tailrace::fuzz {
namespace {

using server::WrappedRecord;

constexpr size_t kInputBytesMax = 64 << 10;
constexpr size_t kRecordsMax = 50;
constexpr const char* kKafkaTypes[] = {"application/vnd.kafka.json.v2+json", "application/vnd.kafka.binary.v2+json", "application/json",
                                       "application/vnd.kafka.avro.v2+json", "text/plain", "APPLICATION/vnd.kafka.JSON.v2+json; charset=utf-8"};
// Which door a first byte means: one of Kafka's by type, the gateway with one record or many, Kinesis and Firehose by call.
constexpr size_t kFirstGatewayDoor = std::size(kKafkaTypes);
constexpr size_t kGatewayOfMany = kFirstGatewayDoor + 1;
constexpr size_t kFirstAwsDoor = kGatewayOfMany + 1;
constexpr size_t kDoors = kFirstAwsDoor + 4;

RecordDecoder& Decoder() {
  static RecordDecoder decoder = [] {
    Schema schema;
    schema.fields.push_back({"n", Type()});
    schema.fields.back().type.kind = TypeKind::kInt;
    auto compiled = RecordDecoder::Compile(schema, "");
    Require(compiled.has_value(), "the schema compiles");
    return std::move(*compiled);
  }();
  return decoder;
}

std::optional<server::Reply> Unwrap(size_t door, std::string_view body, server::TextArena& texts, std::vector<WrappedRecord>* records) {
  const server::UnwrapLimits limits{kRecordsMax};
  if (door < kFirstGatewayDoor) return server::UnwrapKafka(kKafkaTypes[door], body, limits, texts, records);
  if (door < kFirstAwsDoor) return server::UnwrapGateway(body, door == kGatewayOfMany, limits, texts, records);
  const auto members = JsonMembers(body, server::kWrapperMembersMax);
  if (!members) return server::AwsError(400, server::kSerialization, members.error().message());
  return server::ReadAwsRecords(*members, static_cast<server::AwsPut>(door - kFirstAwsDoor), limits, texts, records);
}

void CheckRefusal(const server::Reply& reply) {
  Require(reply.status >= 400 && reply.status < 500, "a refusal is the client's fault");
  if (reply.body.find("\\u0000") != std::string::npos) return;  // which a message may quote, and our own reader takes from nobody
  const auto members = JsonMembers(reply.body);
  Require(members.has_value() && members->size() == 2, "a refusal is an object of a code and a message");
}

void CheckRecord(const WrappedRecord& record) {
  if (!record.refusal.empty()) return;
  unsigned sum = 0;
  for (size_t i = 0; i < record.value.size() + RecordDecoder::kPadding; ++i) sum += static_cast<unsigned char>(record.value.data()[i]);
  testing::AnyRowSink nothing;
  (void)Decoder().Decode(record.value, &nothing).has_value();
  if (record.key) (void)std::string(*record.key);
  Require(sum < ~0U, "every byte can be read");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const size_t door = choices.Byte() % kDoors;
  const Copy body(choices.rest(), RecordDecoder::kPadding);
  server::TextArena texts, again_texts;
  std::vector<WrappedRecord> records, again;
  const auto refusal = Unwrap(door, body.text(), texts, &records);
  const auto same = Unwrap(door, body.text(), again_texts, &again);
  Require(refusal.has_value() == same.has_value(), "the same request is taken or refused");
  if (refusal) {
    RequireSame(refusal->body, same->body, "a refusal says the same again");
    return CheckRefusal(*refusal);
  }
  Require(!records.empty() && records.size() <= kRecordsMax && records.size() == again.size(), "there are records, and no more than may be");
  for (size_t i = 0; i < records.size(); ++i) {
    CheckRecord(records[i]);
    RequireSame(records[i].value, again[i].value, "a record is the same again");
    RequireSame(records[i].key.value_or("-"), again[i].key.value_or("-"), "a key is the same again");
  }
  server::TextArena decoded;
  if (const auto bytes = server::DecodeBase64(body.text(), decoded)) RequireSame(engine::Base64(*bytes), body.text(), "base64 is what encodes to itself");
}

}  // namespace tailrace::fuzz
