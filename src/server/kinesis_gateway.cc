#include "server/kinesis_gateway.h"

#include <utility>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/aws_shape.h"
#include "server/ingest_call.h"
#include "server/kinesis_answer.h"

namespace tailrace::server {
namespace {

using Members = std::vector<std::pair<std::string, std::string_view>>;

// By either of two names: mappings of gateways differ.
const std::string_view* Find(const Members& members, std::string_view name, std::string_view other) {
  for (const auto& [key, value] : members) {
    if (key == name || key == other) return &value;
  }
  return nullptr;
}

Reply Invalid(std::string_view message) { return AwsError(400, kValidation, message, kJsonType); }

// Texts are the record's own text, anything else is the record.
std::optional<Reply> ReadRecord(std::string_view json, TextArena& texts, WrappedRecord* record) {
  const auto members = JsonMembers(json, kWrapperMembersMax);
  if (!members) return AwsError(400, kSerialization, members.error().message(), kJsonType);
  const auto* data = Find(*members, "Data", "data");
  if (data == nullptr) return Invalid("Data is missing");
  record->value = *data;
  if (data->front() == '"') {
    const auto text = JsonStringValue(*data);
    if (!text) return AwsError(400, kSerialization, text.error().message(), kJsonType);
    record->value = CopyPadded(*text, texts);
  }
  const auto* key = Find(*members, "PartitionKey", "partition-key");
  if (key == nullptr || *key == "null") return Invalid("PartitionKey is missing");
  std::string_view text = *key;
  if (key->front() == '"') {
    const auto value = JsonStringValue(*key);
    if (!value) return AwsError(400, kSerialization, value.error().message(), kJsonType);
    text = texts.Copy(*value);
  }
  if (auto refusal = RefusalOfPartitionKey(text, kJsonType)) return refusal;
  record->key = text;
  return std::nullopt;
}

}  // namespace

std::optional<Reply> GatewayEnvelope::Unwrap(const Request&, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                             Unwrapped* out) const {
  if (!many_) return ReadRecord(body, texts, &out->records.emplace_back());
  const auto members = JsonMembers(body, kWrapperMembersMax);
  if (!members) return AwsError(400, kSerialization, members.error().message(), kJsonType);
  const auto* records = Find(*members, "Records", "records");
  if (records == nullptr) return Invalid("Records is missing");
  const auto elements = SplitJsonArray(*records, limits.records_max + 1);
  if (!elements || elements->empty()) return Invalid("Records is a list of one record or more");
  if (elements->size() > limits.records_max) return Invalid("more than " + std::to_string(limits.records_max) + " records in a request");
  out->records.resize(elements->size());
  for (size_t i = 0; i < elements->size(); ++i) {
    if (auto refusal = ReadRecord((*elements)[i].text, texts, &out->records[i])) return refusal;
  }
  return std::nullopt;
}

Reply GatewayEnvelope::Answer(const IngestCall& call, const config::Pipeline& pipeline) const {
  return many_ ? PutRecordsAnswer(call, pipeline, AwsDialect::kGateway) : PutRecordAnswer(call, pipeline, AwsDialect::kGateway);
}

Reply GatewayEnvelope::Dress(Reply reply) const { return AwsDressed(std::move(reply), AwsDialect::kGateway); }

void KinesisGateway::Put(const ExchangePtr& exchange, const IngestDoor& door) {
  const std::string name = exchange->request().PathParam(0);
  const int stream = ingest_.FindStream(name);
  if (stream < 0) return exchange->Send(AwsError(400, kNoSuchResource, "Stream " + name + " not found", kJsonType));
  ingest_.AppendTo(exchange, door, static_cast<size_t>(stream));
}

}  // namespace tailrace::server
