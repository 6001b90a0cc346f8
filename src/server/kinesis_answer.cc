#include "server/kinesis_answer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "server/json_out.h"

namespace tailrace::server {
namespace {

std::string_view TypeOf(AwsDialect dialect) { return dialect == AwsDialect::kGateway ? kJsonType : kAwsJsonType; }

size_t CharactersOf(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

void WritePlace(JsonWriter& json, const RecordOutcome& outcome, Offset offset) {
  json.BeginObject().Text("SequenceNumber", std::to_string(offset.value)).Text("ShardId", ShardId(outcome.part->partition)).EndObject();
}

void WriteFailure(JsonWriter& json, std::string_view code, std::string_view message) {
  json.BeginObject().Text("ErrorCode", code).Text("ErrorMessage", message).EndObject();
}

}  // namespace

std::optional<Reply> RefusalOfPartitionKey(std::string_view key, std::string_view content_type) {
  const size_t characters = CharactersOf(key);
  if (characters >= 1 && characters <= kPartitionKeyCharactersMax) return std::nullopt;
  return AwsError(400, kValidation, "PartitionKey has 1 to " + std::to_string(kPartitionKeyCharactersMax) + " characters", content_type);
}

Reply PutRecordAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect) {
  if (NothingWasAppendedThatCould(call)) return AwsDressed(AppendFailureReply(call, pipeline), dialect);
  if (!call.errors.empty()) return AwsError(400, kInvalidArgument, call.errors.front().fault.Message(), TypeOf(dialect));
  Reply reply;
  reply.content_type = TypeOf(dialect);
  JsonWriter json(reply.body);
  WritePlace(json, call.outcomes.front(), *call.outcomes.front().offset());
  return reply;
}

Reply PutRecordsAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect) {
  if (NothingWasAppendedThatCould(call)) return AwsDressed(AppendFailureReply(call, pipeline), dialect);
  std::string records;
  JsonWriter json(records);
  int64_t failed = 0;
  size_t refused = 0;
  json.BeginArray();
  for (const RecordOutcome& outcome : call.outcomes) {
    if (const auto offset = outcome.offset()) {
      WritePlace(json, outcome, *offset);
      continue;
    }
    ++failed;
    if (outcome.part == nullptr) {
      WriteFailure(json, kInvalidArgument, call.errors[refused++].fault.Message());
    } else {
      const AwsFailure failure = FailureOf(outcome.part->result.error());
      WriteFailure(json, failure.code, failure.message);
    }
  }
  json.EndArray();
  Reply reply;
  reply.content_type = TypeOf(dialect);
  JsonWriter(reply.body).BeginObject().Int("FailedRecordCount", failed).Raw("Records", records).EndObject();
  return reply;
}

}  // namespace tailrace::server
