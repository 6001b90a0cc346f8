#include "server/doors/aws_door.h"

#include <utility>

#include "model/json_members.h"
#include "server/doors/kinesis_answer.h"
#include "server/doors/kinesis_unwrap.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

// Of a call that only asks.
constexpr size_t kReadBodyBytesMax = 64 << 10;
// What the clients of some languages send unless they are told to send JSON.
constexpr std::string_view kAwsCborType = "application/x-amz-cbor-1.1";
constexpr std::string_view kNoCbor =
    "CBOR is not read here: let the client send JSON (AWS_CBOR_DISABLE=true in its environment, or -Daws.cborEnabled=false)";

// A text of up to 65535 bytes (RFC 8949, 3.1: major type 3, its length in two bytes).
void AddCborText(std::string_view text, std::string* cbor) {
  *cbor += '\x79';
  *cbor += static_cast<char>(text.size() >> 8);
  *cbor += static_cast<char>(text.size() & 0xFF);
  *cbor += text;
}

// In its own format, or the client would show its user that it cannot read the error.
Reply CborRefusal() {
  Reply reply = AwsError(415, kSerialization, kNoCbor, kAwsCborType);
  reply.body = "\xA2";  // a map of two
  for (const std::string_view text : {std::string_view("__type"), kSerialization, std::string_view("message"), kNoCbor}) {
    AddCborText(text, &reply.body);
  }
  return reply;
}

std::string RecordId(PartitionId partition, Offset offset) { return ShardId(partition) + ":" + std::to_string(offset.value); }

Reply FirehoseAnswer(const IngestCall& call, const config::Pipeline& pipeline, bool is_list) {
  if (NothingWasAppendedThatCould(call)) return AwsDressed(AppendFailureReply(call, pipeline), AwsDialect::kFirehose);
  if (!is_list && !call.errors.empty()) return AwsError(400, kInvalidArgument, call.errors.front().fault.Message());
  Reply reply;
  reply.content_type = kAwsJsonType;
  JsonWriter json(reply.body);
  json.BeginObject();
  if (!is_list) {
    const RecordOutcome& only = call.outcomes.front();
    json.Text("RecordId", RecordId(only.part->partition, *only.offset())).Bool("Encrypted", false).EndObject();
    return reply;
  }
  std::string entries;
  JsonWriter list(entries);
  list.BeginArray();
  const int64_t failed = WriteAwsOutcomes(call, list, [&list](const RecordEnd& end) {
    list.BeginObject().Text("RecordId", RecordId(end.partition, *end.offset)).EndObject();
  });
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
  out->caller = *caller;
  const std::string& name = services_.pipeline.streams[*out->stream].name;
  if (!(*caller)->grant.Covers(auth::ThingKind::kStream, name)) return AwsCallers::NotFor(name);
  return ReadAwsRecords(*members, put_, limits, texts, &out->records);
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
  if (MediaType(request.Header(HeaderField::kContentType)) == kAwsCborType) return exchange->Send(CborRefusal());
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
