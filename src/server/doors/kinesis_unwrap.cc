#include "server/doors/kinesis_unwrap.h"

#include <string>
#include <utility>

#include "model/json_members.h"
#include "model/json_text.h"

namespace tailrace::server {
namespace {

std::optional<Reply> ReadData(std::string_view json, TextArena& texts, WrappedRecord* record) {
  const auto text = JsonStringValue(json);
  const auto bytes = text ? DecodeBase64(*text, texts) : std::nullopt;
  if (!bytes) return AwsError(400, kSerialization, "Data is not base64");
  record->value = *bytes;
  return std::nullopt;
}

// `with_key`: of Kinesis, whose records have a partition key.
std::optional<Reply> ReadAwsRecord(const AwsMembers& members, bool with_key, TextArena& texts, WrappedRecord* record) {
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

// By either of two names: mappings of gateways differ.
const std::string_view* FindEither(const AwsMembers& members, std::string_view name, std::string_view other) {
  for (const auto& [key, value] : members) {
    if (key == name || key == other) return &value;
  }
  return nullptr;
}

Reply Invalid(std::string_view message) { return AwsError(400, kValidation, message, kJsonType); }

// Texts are the record's own text, anything else is the record.
std::optional<Reply> ReadGatewayRecord(std::string_view json, TextArena& texts, WrappedRecord* record) {
  const auto members = JsonMembers(json, kWrapperMembersMax);
  if (!members) return AwsError(400, kSerialization, members.error().message(), kJsonType);
  const auto* data = FindEither(*members, "Data", "data");
  if (data == nullptr) return Invalid("Data is missing");
  record->value = *data;
  if (data->front() == '"') {
    const auto text = JsonStringValue(*data);
    if (!text) return AwsError(400, kSerialization, text.error().message(), kJsonType);
    record->value = CopyPadded(*text, texts);
  }
  const auto* key = FindEither(*members, "PartitionKey", "partition-key");
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

std::optional<Reply> ReadAwsRecords(const AwsMembers& members, AwsPut put, const UnwrapLimits& limits, TextArena& texts,
                                    std::vector<WrappedRecord>* out) {
  const bool is_list = put == AwsPut::kRecords || put == AwsPut::kFirehoseBatch;
  const bool with_key = put == AwsPut::kRecord || put == AwsPut::kRecords;
  if (put == AwsPut::kRecord) return ReadAwsRecord(members, true, texts, &out->emplace_back());
  const auto* records = FindMember(members, is_list ? "Records" : "Record");
  if (records == nullptr) return AwsError(400, kValidation, is_list ? "Records is missing" : "Record is missing");
  std::vector<JsonPart> elements = {{*records, 0, 0}};
  if (is_list) {
    auto split = SplitJsonArray(*records, limits.records_max + 1);
    if (!split || split->empty()) return AwsError(400, kValidation, "Records is a list of one record or more");
    elements = std::move(*split);
  }
  if (elements.size() > limits.records_max) return AwsError(400, kValidation, "more than " + std::to_string(limits.records_max) + " records in a request");
  out->resize(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    const auto record = JsonMembers(elements[i].text, kWrapperMembersMax);
    if (!record) return AwsError(400, kSerialization, record.error().message());
    if (auto refusal = ReadAwsRecord(*record, with_key, texts, &(*out)[i])) return refusal;
  }
  return std::nullopt;
}

std::optional<Reply> UnwrapGateway(std::string_view body, bool many, const UnwrapLimits& limits, TextArena& texts,
                                   std::vector<WrappedRecord>* out) {
  if (!many) return ReadGatewayRecord(body, texts, &out->emplace_back());
  const auto members = JsonMembers(body, kWrapperMembersMax);
  if (!members) return AwsError(400, kSerialization, members.error().message(), kJsonType);
  const auto* records = FindEither(*members, "Records", "records");
  if (records == nullptr) return Invalid("Records is missing");
  const auto elements = SplitJsonArray(*records, limits.records_max + 1);
  if (!elements || elements->empty()) return Invalid("Records is a list of one record or more");
  if (elements->size() > limits.records_max) return Invalid("more than " + std::to_string(limits.records_max) + " records in a request");
  out->resize(elements->size());
  for (size_t i = 0; i < elements->size(); ++i) {
    if (auto refusal = ReadGatewayRecord((*elements)[i].text, texts, &(*out)[i])) return refusal;
  }
  return std::nullopt;
}

}  // namespace tailrace::server
