#include "server/aws_door.h"

#include <utility>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/json_out.h"
#include "server/kinesis_answer.h"

namespace tailrace::server {
namespace {

// Of a call that only asks.
constexpr size_t kReadBodyBytesMax = 64 << 10;

std::optional<Reply> ReadData(std::string_view json, TextArena& texts, WrappedRecord* record) {
  const auto text = JsonStringValue(json);
  const auto bytes = text ? DecodeBase64(*text, texts) : std::nullopt;
  if (!bytes) return AwsError(400, kSerialization, "Data is not base64");
  record->value = *bytes;
  return std::nullopt;
}

// `with_key`: of Kinesis, whose records have a partition key.
std::optional<Reply> ReadRecord(const AwsMembers& members, bool with_key, TextArena& texts, WrappedRecord* record) {
  const auto* data = FindMember(members, "Data");
  if (data == nullptr) return AwsError(400, kValidation, "Data is missing");
  if (auto refusal = ReadData(*data, texts, record)) return refusal;
  if (!with_key) return std::nullopt;
  const auto* key = FindMember(members, "PartitionKey");
  if (key == nullptr) return AwsError(400, kValidation, "PartitionKey is missing");
  const auto text = JsonStringValue(*key);
  if (!text) return AwsError(400, kSerialization, text.error().message());
  if (auto refusal = RefusalOfPartitionKey(*text, kAwsJsonType)) return refusal;
  record->key = texts.Copy(*text);
  return std::nullopt;
}

std::string RecordId(const RecordOutcome& outcome, Offset offset) {
  return ShardId(outcome.part->partition) + ":" + std::to_string(offset.value);
}

Reply FirehoseAnswer(const IngestCall& call, const config::Pipeline& pipeline, bool is_list) {
  if (NothingWasAppendedThatCould(call)) return AwsDressed(AppendFailureReply(call, pipeline), AwsDialect::kFirehose);
  if (!is_list && !call.errors.empty()) return AwsError(400, kInvalidArgument, call.errors.front().fault.Message());
  Reply reply;
  reply.content_type = kAwsJsonType;
  JsonWriter json(reply.body);
  json.BeginObject();
  if (!is_list) {
    const RecordOutcome& only = call.outcomes.front();
    json.Text("RecordId", RecordId(only, *only.offset())).Bool("Encrypted", false).EndObject();
    return reply;
  }
  int64_t failed = 0;
  size_t refused = 0;
  std::string entries;
  JsonWriter list(entries);
  list.BeginArray();
  for (const RecordOutcome& outcome : call.outcomes) {
    if (const auto offset = outcome.offset()) {
      list.BeginObject().Text("RecordId", RecordId(outcome, *offset)).EndObject();
      continue;
    }
    ++failed;
    const AwsFailure failure =
        outcome.part == nullptr ? AwsFailure{kInvalidArgument, call.errors[refused++].fault.Message()} : FailureOf(outcome.part->result.error());
    list.BeginObject().Text("ErrorCode", failure.code).Text("ErrorMessage", failure.message).EndObject();
  }
  list.EndArray();
  json.Int("FailedPutCount", failed).Bool("Encrypted", false).Raw("RequestResponses", entries).EndObject();
  return reply;
}

}  // namespace

tl::expected<auth::CallerPtr, Reply> AwsCallers::Find(const Request& request, auth::Role role) const {
  auth::CallerPtr caller = request.caller;
  if (request.is_signed) {
    auto signer = gate_.CheckSignature(request, services_.clock.Now());
    if (!signer) return signer;
    caller = std::move(*signer);
  }
  if (caller->grant.Holds(role)) return caller;
  return tl::unexpected(ErrorReply(403, "forbidden", "this needs the role " + std::string(auth::RoleName(role))));
}

Reply AwsCallers::NotFor(std::string_view stream) {
  return ErrorReply(403, "forbidden", "the key is not for the stream \"" + std::string(stream) + "\"");
}

std::optional<Reply> AwsEnvelope::Unwrap(const Request& request, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                         Unwrapped* out) const {
  const auto caller = callers_.Find(request, auth::Role::kIngest);
  if (!caller) return caller.error();
  const auto members = JsonMembers(body, kWrapperMembersMax);
  if (!members) return AwsError(400, kSerialization, members.error().message());
  const auto named = is_firehose() ? StreamNamed(*members, "DeliveryStreamName", "") : StreamNamed(*members, "StreamName", "StreamARN");
  if (!named) return named.error();
  const int stream = ingest_.FindStream(*named);
  // Whoever is kept to some streams is not told which others there are.
  if (stream < 0) return (*caller)->grant.limited() ? AwsCallers::NotFor(*named) : NoStream(*named);
  out->stream = static_cast<size_t>(stream);
  const std::string& name = services_.pipeline.streams[*out->stream].name;
  if (!(*caller)->grant.Covers(auth::ThingKind::kStream, name)) return AwsCallers::NotFor(name);
  if (put_ == AwsPut::kRecord) return ReadRecord(*members, true, texts, &out->records.emplace_back());
  const auto* records = FindMember(*members, is_list() ? "Records" : "Record");
  if (records == nullptr) return AwsError(400, kValidation, is_list() ? "Records is missing" : "Record is missing");
  std::vector<JsonPart> elements = {{*records, 0, 0}};
  if (is_list()) {
    auto split = SplitJsonArray(*records, limits.records_max + 1);
    if (!split || split->empty()) return AwsError(400, kValidation, "Records is a list of one record or more");
    elements = std::move(*split);
  }
  if (elements.size() > limits.records_max) return AwsError(400, kValidation, "more than " + std::to_string(limits.records_max) + " records in a request");
  out->records.resize(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto record = JsonMembers(elements[i].text, kWrapperMembersMax);
    if (!record) return AwsError(400, kSerialization, record.error().message());
    if (auto refusal = ReadRecord(*record, !is_firehose(), texts, &out->records[i])) return refusal;
  }
  return std::nullopt;
}

Reply AwsEnvelope::Answer(const IngestCall& call, const config::Pipeline& pipeline) const {
  if (is_firehose()) return FirehoseAnswer(call, pipeline, is_list());
  return is_list() ? PutRecordsAnswer(call, pipeline, AwsDialect::kKinesis) : PutRecordAnswer(call, pipeline, AwsDialect::kKinesis);
}

Reply AwsEnvelope::Dress(Reply reply) const { return AwsDressed(std::move(reply), is_firehose() ? AwsDialect::kFirehose : AwsDialect::kKinesis); }

AwsDoor::AwsDoor(const Services& services, const Gate& gate, Ingest& ingest, ReadPool& pool)
    : services_(services), callers_(services, gate), ingest_(ingest), pool_(pool), reads_(services, ingest) {
  AddPut("Kinesis_20131202.PutRecord", AwsPut::kRecord);
  AddPut("Kinesis_20131202.PutRecords", AwsPut::kRecords);
  AddPut("Firehose_20150804.PutRecord", AwsPut::kFirehoseRecord);
  AddPut("Firehose_20150804.PutRecordBatch", AwsPut::kFirehoseBatch);
  targets_ = {{"Kinesis_20131202.ListStreams", KinesisRead::kListStreams},
              {"Kinesis_20131202.DescribeStream", KinesisRead::kDescribeStream},
              {"Kinesis_20131202.DescribeStreamSummary", KinesisRead::kDescribeStreamSummary},
              {"Kinesis_20131202.ListShards", KinesisRead::kListShards},
              {"Kinesis_20131202.GetShardIterator", KinesisRead::kGetShardIterator},
              {"Kinesis_20131202.GetRecords", KinesisRead::kGetRecords},
              {"Firehose_20150804.ListDeliveryStreams", KinesisRead::kListDeliveryStreams}};
}

void AwsDoor::AddPut(std::string_view target, AwsPut put) {
  auto envelope = std::make_unique<AwsEnvelope>(put, services_, callers_, ingest_);
  IngestDoor door = DoorOfEnvelope(services_.pipeline, *envelope, "POST / " + std::string(target));
  puts_.emplace(target, Put{std::move(envelope), std::move(door)});
}

void AwsDoor::Call(const ExchangePtr& exchange) {
  const Request& request = exchange->request();
  const std::string_view target = request.Header(HeaderField::kAmzTarget);
  if (const auto put = puts_.find(target); put != puts_.end()) return ingest_.Append(exchange, put->second.door);
  if (const auto read = targets_.find(target); read != targets_.end()) return Read(exchange, read->second);
  exchange->Send(AwsError(400, "UnknownOperationException",
                          target.empty() ? "POST / is for clients of Kinesis and Firehose: X-Amz-Target says what is to be done"
                                         : "there is no operation " + std::string(target) + " here"));
}

void AwsDoor::Read(const ExchangePtr& exchange, KinesisRead read) {
  const Request& request = exchange->request();
  if (request.body.size() > kReadBodyBytesMax) return exchange->Send(AwsError(413, "RequestEntityTooLargeException", "the request is too large"));
  const auto caller = callers_.Find(request, auth::Role::kRead);
  if (!caller) return exchange->Send(AwsDressed(caller.error(), AwsDialect::kKinesis));
  // The body is gone once the loop goes on, so it is read here and now.
  pool_.Run(exchange, [this, read, grant = (*caller)->grant, body = std::string(request.body)](const std::stop_token&) {
    return AwsDressed(reads_.Answer(read, body, grant), AwsDialect::kKinesis);
  });
}

}  // namespace tailrace::server
