#include "server/doors/kafka_rest.h"

#include <charconv>
#include <utility>

#include "server/doors/ingest_call.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr int kTopicNotFound = 40401;
constexpr int kPartitionNotFound = 40402;
// Of one record in an answer.
constexpr int kNotRetriable = 1;
constexpr int kRetriable = 2;
// One machine is every replica.
constexpr int kBroker = 0;

void WritePartition(JsonWriter& json, size_t partition) {
  json.BeginObject().Int("partition", static_cast<int64_t>(partition)).Int("leader", kBroker).Key("replicas").BeginArray().BeginObject();
  json.Int("broker", kBroker).Bool("leader", true).Bool("in_sync", true).EndObject().EndArray().EndObject();
}

void WritePartitions(JsonWriter& json, int32_t partitions) {
  json.BeginArray();
  for (int32_t i = 0; i < partitions; ++i) WritePartition(json, static_cast<size_t>(i));
  json.EndArray();
}

Reply KafkaReply() {
  Reply reply;
  reply.content_type = kKafkaType;
  return reply;
}

void WriteOutcome(JsonWriter& json, int64_t partition, Offset offset) {
  json.BeginObject().Int("partition", partition).Int("offset", offset.value).Key("error_code").Null().Key("error").Null().EndObject();
}

void WriteFailure(JsonWriter& json, int code, std::string_view why) {
  json.BeginObject().Key("partition").Null().Key("offset").Null().Int("error_code", code).Text("error", why).EndObject();
}

}  // namespace

std::optional<Reply> KafkaEnvelope::Unwrap(const Request& request, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                           Unwrapped* out) const {
  return UnwrapKafka(request.Header(HeaderField::kContentType), body, limits, texts, &out->records);
}

Reply KafkaEnvelope::Answer(const IngestCall& call, const config::Pipeline& pipeline) const {
  if (NothingWasAppendedThatCould(call)) return Dress(AppendFailureReply(call, pipeline));
  Reply reply = KafkaReply();
  JsonWriter json(reply.body);
  json.BeginObject().Key("offsets").BeginArray();
  ForEachRecord(call, [&json](const RecordEnd& end) {
    if (end.offset) return WriteOutcome(json, end.partition.value, *end.offset);
    if (end.refused != nullptr) return WriteFailure(json, kNotRetriable, end.refused->Message());
    WriteFailure(json, end.failed->code() == ErrorCode::kConflict ? kNotRetriable : kRetriable, end.failed->message());
  });
  json.EndArray().Key("key_schema_id").Null().Key("value_schema_id").Null().EndObject();
  return reply;
}

Reply KafkaEnvelope::Dress(Reply reply) const {
  if (reply.status < 400 || reply.content_type == kKafkaType) return reply;
  Reply dressed = KafkaError(reply.status == 404 ? kTopicNotFound : reply.status, ErrorPartsOf(reply).message);
  dressed.headers = std::move(reply.headers);
  dressed.close = reply.close;
  return dressed;
}

std::optional<size_t> KafkaRest::TopicOf(const ExchangePtr& exchange) const {
  const int stream = ingest_.FindStream(exchange->request().PathParam(0));
  if (stream >= 0) return static_cast<size_t>(stream);
  exchange->Send(KafkaError(kTopicNotFound, "Topic not found."));
  return std::nullopt;
}

void KafkaRest::Produce(const ExchangePtr& exchange) {
  if (const auto stream = TopicOf(exchange)) ingest_.AppendTo(exchange, door_, *stream);
}

void KafkaRest::ListTopics(const ExchangePtr& exchange) {
  const auth::Grant& grant = exchange->request().caller->grant;
  Reply reply = KafkaReply();
  JsonWriter json(reply.body);
  json.BeginArray();
  for (const config::StreamSpec& stream : services_.pipeline.streams) {
    if (!grant.Covers(auth::ThingKind::kStream, stream.name)) continue;
    json.Text(stream.name);
    for (const std::string& alias : stream.aliases) json.Text(alias);
  }
  json.EndArray();
  exchange->Send(std::move(reply));
}

void KafkaRest::DescribeTopic(const ExchangePtr& exchange) {
  const auto stream = TopicOf(exchange);
  if (!stream) return;
  Reply reply = KafkaReply();
  JsonWriter json(reply.body);
  json.BeginObject().Text("name", exchange->request().PathParam(0)).Raw("configs", "{}").Key("partitions");
  WritePartitions(json, services_.pipeline.streams[*stream].partitions);
  json.EndObject();
  exchange->Send(std::move(reply));
}

void KafkaRest::ListPartitions(const ExchangePtr& exchange) {
  const auto stream = TopicOf(exchange);
  if (!stream) return;
  Reply reply = KafkaReply();
  JsonWriter json(reply.body);
  WritePartitions(json, services_.pipeline.streams[*stream].partitions);
  exchange->Send(std::move(reply));
}

void KafkaRest::DescribePartition(const ExchangePtr& exchange) {
  const auto stream = TopicOf(exchange);
  if (!stream) return;
  const std::string text = exchange->request().PathParam(1);
  int32_t partition = -1;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), partition);
  const bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  if (!is_number || partition < 0 || partition >= services_.pipeline.streams[*stream].partitions) {
    return exchange->Send(KafkaError(kPartitionNotFound, "Partition not found."));
  }
  Reply reply = KafkaReply();
  JsonWriter json(reply.body);
  WritePartition(json, static_cast<size_t>(partition));
  exchange->Send(std::move(reply));
}

}  // namespace tailrace::server
