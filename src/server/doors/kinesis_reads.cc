#include "server/doors/kinesis_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "engine/byte_text.h"
#include "model/json_members.h"
#include "server/doors/aws_shape.h"
#include "server/doors/envelope.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kArnPrefix = "arn:aws:kinesis:local:000000000000:stream/";
constexpr size_t kReadBytes = 1 << 20;
constexpr double kMillisPerSecond = 1000;
// Of the space of partition keys' hashes, which is cut into equal parts for those who look at it.
constexpr int kHashBits = 128;
constexpr int64_t kRetentionHours = 24;
constexpr double kFarAwaySeconds = 1e12;

Reply Invalid(std::string_view message) { return AwsError(400, kInvalidArgument, message); }

std::optional<int64_t> IntegerOf(std::string_view text) {
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

std::optional<double> DoubleOf(std::string_view text) {
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

// A text member; an answer when it is no text.
tl::expected<std::string, Reply> TextOf(const AwsMembers& members, std::string_view name) {
  const auto* value = FindMember(members, name);
  if (value == nullptr) return tl::unexpected(AwsError(400, kValidation, std::string(name) + " is missing"));
  auto text = JsonStringValue(*value);
  if (!text) return tl::unexpected(AwsError(400, kSerialization, text.error().message()));
  return std::move(*text);
}

Reply AwsReply() {
  Reply reply;
  reply.content_type = kAwsJsonType;
  return reply;
}

__extension__ using Hash = unsigned __int128;
static_assert(sizeof(Hash) * 8 == kHashBits);
constexpr Hash kHighestHash = ~Hash{0};

// Where part `part` of `parts` equal ones begins.
Hash FirstHash(int64_t part, int64_t parts) { return kHighestHash / static_cast<Hash>(parts) * static_cast<Hash>(part); }

std::string HashText(Hash hash) {
  std::string text;
  do {
    text.insert(text.begin(), static_cast<char>('0' + static_cast<int>(hash % 10)));
    hash /= 10;
  } while (hash != 0);
  return text;
}

void WriteStreamNames(JsonWriter& json, const config::Pipeline& pipeline, const auth::Grant& grant) {
  json.BeginArray();
  for (const config::StreamSpec& stream : pipeline.streams) {
    if (!grant.Covers(auth::ThingKind::kStream, stream.name)) continue;
    json.Text(stream.name);
    for (const std::string& alias : stream.aliases) json.Text(alias);
  }
  json.EndArray();
}

// 1700000000.123
std::string SecondsText(int64_t millis) { return fmt::format("{}.{:03}", millis / 1000, millis % 1000); }

}  // namespace

tl::expected<std::string, Reply> StreamNamed(const AwsMembers& members, std::string_view name, std::string_view arn) {
  if (FindMember(members, name) != nullptr) return TextOf(members, name);
  if (arn.empty() || FindMember(members, arn) == nullptr) return tl::unexpected(AwsError(400, kValidation, std::string(name) + " is missing"));
  const auto text = TextOf(members, arn);
  if (!text) return text;
  const size_t slash = text->find('/');
  if (slash == std::string::npos) return tl::unexpected(AwsError(400, kValidation, "StreamARN ends with :stream/NAME"));
  return text->substr(slash + 1);
}

Reply NoStream(std::string_view name) { return AwsError(400, kNoSuchResource, "Stream " + std::string(name) + " not found"); }

Reply KinesisReads::Answer(KinesisRead read, std::string_view body, const auth::Grant& grant) const {
  const auto members = JsonMembers(body, kWrapperMembersMax);
  if (!members) return AwsError(400, kSerialization, members.error().message());
  switch (read) {
    case KinesisRead::kListStreams: return List(grant, false);
    case KinesisRead::kListDeliveryStreams: return List(grant, true);
    case KinesisRead::kDescribeStream: return Describe(*members, grant, false);
    case KinesisRead::kDescribeStreamSummary: return Describe(*members, grant, true);
    case KinesisRead::kListShards: return ListShards(*members, grant);
    case KinesisRead::kGetShardIterator: return GetShardIterator(*members, grant);
    case KinesisRead::kGetRecords: return GetRecords(*members, grant);
  }
  return AwsError(500, "InternalFailure", "no such call");
}

tl::expected<size_t, Reply> KinesisReads::StreamOf(const AwsMembers& members, const auth::Grant& grant) const {
  const auto name = StreamNamed(members, "StreamName", "StreamARN");
  if (!name) return tl::unexpected(name.error());
  const int stream = ingest_.FindStream(*name);
  // Whoever may not see it is told no more than that.
  const bool may = stream < 0 ? !grant.limited() : grant.Covers(auth::ThingKind::kStream, services_.pipeline.streams[static_cast<size_t>(stream)].name);
  if (!may) return tl::unexpected(ErrorReply(403, "forbidden", "the key is not for the stream \"" + *name + "\""));
  if (stream < 0) return tl::unexpected(NoStream(*name));
  return static_cast<size_t>(stream);
}

tl::expected<PartitionId, Reply> KinesisReads::ShardOf(const AwsMembers& members, size_t stream) const {
  const auto text = TextOf(members, "ShardId");
  if (!text) return tl::unexpected(text.error());
  const auto shard = ParseShardId(*text);
  if (!shard || *shard >= services_.pipeline.streams[stream].partitions) {
    return tl::unexpected(AwsError(400, kNoSuchResource, "Shard " + *text + " not found in stream " + services_.pipeline.streams[stream].name));
  }
  return PartitionId{static_cast<int32_t>(*shard)};
}

Reply KinesisReads::List(const auth::Grant& grant, bool delivery) const {
  Reply reply = AwsReply();
  JsonWriter json(reply.body);
  json.BeginObject().Key(delivery ? "DeliveryStreamNames" : "StreamNames");
  WriteStreamNames(json, services_.pipeline, grant);
  json.Bool(delivery ? "HasMoreDeliveryStreams" : "HasMoreStreams", false).EndObject();
  return reply;
}

std::string KinesisReads::ShardsJson(size_t stream) const {
  const auto partitions = services_.log.Partitions(services_.stream_ids[stream]);
  const auto count = static_cast<int64_t>(partitions.size());
  std::string text;
  JsonWriter json(text);
  json.BeginArray();
  for (int64_t i = 0; i < count; ++i) {
    json.BeginObject().Text("ShardId", ShardId(PartitionId{static_cast<int32_t>(i)})).Key("HashKeyRange").BeginObject();
    const Hash end = i + 1 == count ? kHighestHash : FirstHash(i + 1, count) - 1;
    json.Text("StartingHashKey", HashText(FirstHash(i, count))).Text("EndingHashKey", HashText(end)).EndObject();
    json.Key("SequenceNumberRange").BeginObject();
    json.Text("StartingSequenceNumber", std::to_string(partitions[static_cast<size_t>(i)].begin.value)).EndObject().EndObject();
  }
  json.EndArray();
  return text;
}

Reply KinesisReads::Describe(const AwsMembers& members, const auth::Grant& grant, bool summary) const {
  const auto stream = StreamOf(members, grant);
  if (!stream) return stream.error();
  const std::string& name = services_.pipeline.streams[*stream].name;
  Reply reply = AwsReply();
  JsonWriter json(reply.body);
  json.BeginObject().Key(summary ? "StreamDescriptionSummary" : "StreamDescription").BeginObject();
  json.Text("StreamName", name).Text("StreamARN", std::string(kArnPrefix) + name).Text("StreamStatus", "ACTIVE");
  json.Raw("StreamModeDetails", R"({"StreamMode":"PROVISIONED"})").Int("RetentionPeriodHours", kRetentionHours).Int("StreamCreationTimestamp", 0);
  json.Raw("EnhancedMonitoring", R"([{"ShardLevelMetrics":[]}])").Text("EncryptionType", "NONE");
  if (summary) {
    json.Int("OpenShardCount", services_.pipeline.streams[*stream].partitions).Int("ConsumerCount", 0);
  } else {
    json.Raw("Shards", ShardsJson(*stream)).Bool("HasMoreShards", false);
  }
  json.EndObject().EndObject();
  return reply;
}

Reply KinesisReads::ListShards(const AwsMembers& members, const auth::Grant& grant) const {
  const auto stream = StreamOf(members, grant);
  if (!stream) return stream.error();
  Reply reply = AwsReply();
  JsonWriter(reply.body).BeginObject().Raw("Shards", ShardsJson(*stream)).EndObject();
  return reply;
}

tl::expected<Offset, Reply> KinesisReads::StartOf(const AwsMembers& members, size_t stream, PartitionId partition) const {
  const auto type = TextOf(members, "ShardIteratorType");
  if (!type) return tl::unexpected(type.error());
  const StreamId id = services_.stream_ids[stream];
  const PartitionStatus status = services_.log.Partitions(id)[static_cast<size_t>(partition.value)];
  if (*type == "TRIM_HORIZON") return status.begin;
  if (*type == "LATEST") return status.end;
  if (*type == "AT_TIMESTAMP") {
    const auto* value = FindMember(members, "Timestamp");
    const auto seconds = value == nullptr ? std::nullopt : DoubleOf(*value);
    if (!seconds || !(std::fabs(*seconds) < kFarAwaySeconds)) return tl::unexpected(Invalid("Timestamp is a time in seconds since 1970"));
    const auto offset = services_.log.OffsetOfTime(id, partition, static_cast<int64_t>(std::llround(*seconds * kMillisPerSecond)));
    if (!offset) return tl::unexpected(ErrorReply(offset.error()));
    return *offset;
  }
  if (*type != "AT_SEQUENCE_NUMBER" && *type != "AFTER_SEQUENCE_NUMBER") {
    return tl::unexpected(AwsError(400, kValidation, "ShardIteratorType is AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER, TRIM_HORIZON, LATEST or AT_TIMESTAMP"));
  }
  const auto text = TextOf(members, "StartingSequenceNumber");
  if (!text) return tl::unexpected(text.error());
  const auto number = IntegerOf(*text);
  if (!number || *number < 0 || *number > status.end.value) return tl::unexpected(Invalid("there is no sequence number " + *text + " in the shard"));
  return Offset{*number + (*type == "AFTER_SEQUENCE_NUMBER" ? 1 : 0)};
}

// No secret, and nothing that its holder could not ask for as well: it is checked like a request.
std::string KinesisReads::IteratorOf(const Place& place) const {
  return engine::Base64(fmt::format("1 {} {} {}", services_.pipeline.streams[place.stream].name, place.partition.value, place.offset.value));
}

tl::expected<KinesisReads::Place, Reply> KinesisReads::PlaceOf(std::string_view iterator, const auth::Grant& grant) const {
  const auto invalid = tl::unexpected(Invalid("the ShardIterator is none"));
  const auto text = engine::FromBase64(iterator);
  if (!text) return invalid;
  std::vector<std::string> words;
  std::string_view rest = *text;
  while (words.size() < 5) {
    const size_t end = rest.find(' ');
    words.emplace_back(rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  if (words.size() != 4 || words[0] != "1") return invalid;
  const int stream = ingest_.FindStream(words[1]);
  const auto partition = IntegerOf(words[2]);
  const auto offset = IntegerOf(words[3]);
  if (stream < 0 || !partition || !offset || *offset < 0) return invalid;
  Place place{static_cast<size_t>(stream), PartitionId{static_cast<int32_t>(*partition)}, Offset{*offset}};
  const config::StreamSpec& spec = services_.pipeline.streams[place.stream];
  if (*partition < 0 || *partition >= spec.partitions) return invalid;
  if (!grant.Covers(auth::ThingKind::kStream, spec.name)) {
    return tl::unexpected(ErrorReply(403, "forbidden", "the key is not for the stream \"" + spec.name + "\""));
  }
  return place;
}

Reply KinesisReads::GetShardIterator(const AwsMembers& members, const auth::Grant& grant) const {
  const auto stream = StreamOf(members, grant);
  if (!stream) return stream.error();
  const auto partition = ShardOf(members, *stream);
  if (!partition) return partition.error();
  const auto start = StartOf(members, *stream, *partition);
  if (!start) return start.error();
  Reply reply = AwsReply();
  JsonWriter(reply.body).BeginObject().Text("ShardIterator", IteratorOf({*stream, *partition, *start})).EndObject();
  return reply;
}

Reply KinesisReads::GetRecords(const AwsMembers& members, const auth::Grant& grant) const {
  const auto iterator = TextOf(members, "ShardIterator");
  if (!iterator) return iterator.error();
  auto place = PlaceOf(*iterator, grant);
  if (!place) return place.error();
  const auto* limit_text = FindMember(members, "Limit");
  const auto limit = limit_text == nullptr ? std::optional(kGetRecordsMax) : IntegerOf(*limit_text);
  if (!limit || *limit < 1 || *limit > kGetRecordsMax) return AwsError(400, kValidation, "Limit is from 1 to " + std::to_string(kGetRecordsMax));
  const StreamId id = services_.stream_ids[place->stream];
  const PartitionStatus status = services_.log.Partitions(id)[static_cast<size_t>(place->partition.value)];
  Offset next = std::max(place->offset, status.begin);
  Reply reply = AwsReply();
  JsonWriter json(reply.body);
  json.BeginObject().Key("Records").BeginArray();
  int64_t count = 0;
  int64_t last_ms = services_.clock.Now().millis();
  while (count < *limit && next < status.end && reply.body.size() < kGetRecordsBytesMax) {
    const auto batches = services_.log.Read(id, place->partition, next, kReadBytes);
    if (!batches) return ErrorReply(batches.error());
    if (batches->empty()) break;
    for (const LogBatch& batch : *batches) {
      for (const LogRecord& record : batch.records) {
        if (count == *limit || reply.body.size() >= kGetRecordsBytesMax) break;
        json.BeginObject().Text("SequenceNumber", std::to_string(record.offset.value)).Raw("ApproximateArrivalTimestamp", SecondsText(batch.timestamp_ms));
        json.Text("Data", engine::Base64(record.value)).Text("PartitionKey", record.key.value_or("")).EndObject();
        next = record.offset.Plus(1);
        last_ms = batch.timestamp_ms;
        ++count;
      }
    }
  }
  const int64_t behind_ms = next < status.end ? std::max<int64_t>(0, services_.clock.Now().millis() - last_ms) : 0;
  json.EndArray().Text("NextShardIterator", IteratorOf({place->stream, place->partition, next})).Int("MillisBehindLatest", behind_ms).EndObject();
  return reply;
}

}  // namespace tailrace::server
