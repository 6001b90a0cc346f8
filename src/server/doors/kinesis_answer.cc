#include "server/doors/kinesis_answer.h"

#include <string>
#include <utility>

#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

std::string_view TypeOf(AwsDialect dialect) { return dialect == AwsDialect::kGateway ? kJsonType : kAwsJsonType; }

void WritePlace(JsonWriter& json, PartitionId partition, Offset offset) {
  json.BeginObject().Text("SequenceNumber", std::to_string(offset.value)).Text("ShardId", ShardId(partition)).EndObject();
}

}  // namespace

int64_t WriteAwsOutcomes(const IngestCall& call, JsonWriter& json, const std::function<void(const RecordEnd&)>& write_place) {
  int64_t failed = 0;
  ForEachRecord(call, [&](const RecordEnd& end) {
    if (end.offset) return write_place(end);
    ++failed;
    const AwsFailure failure = end.refused != nullptr ? AwsFailure{kInvalidArgument, end.refused->Message()} : FailureOf(*end.failed);
    json.BeginObject().Text("ErrorCode", failure.code).Text("ErrorMessage", failure.message).EndObject();
  });
  return failed;
}

Reply PutRecordAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect) {
  if (NothingWasAppendedThatCould(call)) return AwsDressed(AppendFailureReply(call, pipeline), dialect);
  if (!call.errors.empty()) return AwsError(400, kInvalidArgument, call.errors.front().fault.Message(), TypeOf(dialect));
  Reply reply;
  reply.content_type = TypeOf(dialect);
  JsonWriter json(reply.body);
  WritePlace(json, call.outcomes.front().part->partition, *call.outcomes.front().offset());
  return reply;
}

Reply PutRecordsAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect) {
  if (NothingWasAppendedThatCould(call)) return AwsDressed(AppendFailureReply(call, pipeline), dialect);
  std::string records;
  JsonWriter json(records);
  json.BeginArray();
  const int64_t failed = WriteAwsOutcomes(call, json, [&json](const RecordEnd& end) { WritePlace(json, end.partition, *end.offset); });
  json.EndArray();
  Reply reply;
  reply.content_type = TypeOf(dialect);
  JsonWriter(reply.body).BeginObject().Int("FailedRecordCount", failed).Raw("Records", records).EndObject();
  return reply;
}

}  // namespace tailrace::server
