#include "server/doors/kafka_unwrap.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <string>
#include <utility>

#include "model/json_members.h"
#include "model/json_text.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr int kSchemaLookupFailed = 40801;
constexpr int kKeySchemaMissing = 42201;
constexpr int kValueSchemaMissing = 42202;
constexpr int kCodesPerStatus = 100;
constexpr int kLowestFineCode = 10'000;

enum class Format { kJson, kBinary, kEither, kSchema };

// As the proxy, which takes base64 for granted where no format is named; a record is an object, so that one which is no text is told apart.
std::optional<Format> FormatOf(std::string_view content_type) {
  const std::string type = MediaType(content_type);
  if (type == "application/vnd.kafka.json.v2+json") return Format::kJson;
  if (type == "application/vnd.kafka.binary.v2+json") return Format::kBinary;
  if (type.empty() || type == "application/json" || type == kKafkaType || type == "application/octet-stream") return Format::kEither;
  if (type == "application/vnd.kafka.avro.v2+json" || type == "application/vnd.kafka.jsonschema.v2+json" ||
      type == "application/vnd.kafka.protobuf.v2+json") {
    return Format::kSchema;
  }
  return std::nullopt;
}

using Members = std::vector<std::pair<std::string, std::string_view>>;

const std::string_view* Find(const Members& members, std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key == name) return value == "null" ? nullptr : &value;
  }
  return nullptr;
}

bool IsOneOf(std::string_view name, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<Reply> RefuseUnknown(const Members& members, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : members) {
    if (!IsOneOf(name, known)) return KafkaError(422, "Unrecognized field: " + name);
  }
  return std::nullopt;
}

// There is no registry to look a schema up in.
Reply SchemaReply(const Members& request, std::string_view records) {
  const auto elements = SplitJsonArray(records);
  bool has_key = false;
  bool has_value = false;
  for (const JsonPart& element : elements.value_or(std::vector<JsonPart>())) {
    const auto members = JsonMembers(element.text, kWrapperMembersMax);
    if (!members) continue;
    has_key |= Find(*members, "key") != nullptr;
    has_value |= Find(*members, "value") != nullptr;
  }
  const auto names_schema = [&request](std::string_view of) {
    const std::string prefix(of);
    return Find(request, prefix + "_schema") != nullptr || Find(request, prefix + "_schema_id") != nullptr;
  };
  if (has_key && !names_schema("key")) {
    return KafkaError(kKeySchemaMissing, "the keys need a schema: key_schema or key_schema_id");
  }
  if (has_value && !names_schema("value")) {
    return KafkaError(kValueSchemaMissing, "the values need a schema: value_schema or value_schema_id");
  }
  return KafkaError(kSchemaLookupFailed, "there is no schema registry here; send application/vnd.kafka.json.v2+json: the stream has a schema of its own");
}

// The text that picks the partition.
std::optional<std::string_view> KeyText(std::string_view json, Format format, TextArena& texts) {
  if (json.front() != '"') return json;
  auto text = JsonStringValue(json);
  if (!text) return std::nullopt;
  if (format == Format::kBinary) return DecodeBase64(*text, texts);
  return texts.Copy(*text);
}

void ReadValue(std::string_view json, Format format, TextArena& texts, WrappedRecord* record) {
  const bool is_binary = format == Format::kBinary || (format == Format::kEither && json.front() == '"');
  record->value = is_binary || json == "null" ? CopyPadded(json, texts) : json;
  if (!is_binary || json == "null") return;
  const auto text = JsonStringValue(json);
  const auto bytes = text ? DecodeBase64(*text, texts) : std::nullopt;
  if (bytes) {
    record->value = *bytes;
  } else {
    record->refusal = "a value that is not base64";
  }
}

// An answer: the request is not one that the proxy would take.
std::optional<Reply> ReadRecord(std::string_view json, Format format, TextArena& texts, WrappedRecord* record) {
  const auto members = JsonMembers(json, kWrapperMembersMax);
  if (!members) return KafkaError(400, "a record: " + members.error().message());
  if (auto refusal = RefuseUnknown(*members, {"key", "value", "partition"})) return refusal;
  if (const auto* partition = Find(*members, "partition")) {
    int64_t number = 0;
    const auto end = partition->data() + partition->size();
    const auto parsed = std::from_chars(partition->data(), end, number);
    if (parsed.ec != std::errc() || parsed.ptr != end) return KafkaError(400, "partition is a whole number");
    record->partition = number;
  }
  const auto* value = Find(*members, "value");
  ReadValue(value == nullptr ? std::string_view("null") : *value, format, texts, record);
  if (const auto* key = Find(*members, "key")) {
    record->key = KeyText(*key, format, texts);
    if (!record->key) record->refusal = "a key that is no text";
  }
  return std::nullopt;
}

}  // namespace

Reply KafkaError(int code, std::string_view message) {
  Reply reply;
  reply.status = code >= kLowestFineCode ? code / kCodesPerStatus : code;
  reply.content_type = kKafkaType;
  JsonWriter(reply.body).BeginObject().Int("error_code", code).Text("message", message).EndObject();
  return reply;
}

std::optional<Reply> UnwrapKafka(std::string_view content_type, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                 std::vector<WrappedRecord>* out) {
  const auto format = FormatOf(content_type);
  if (!format) return KafkaError(415, "Unsupported Media Type; send application/vnd.kafka.json.v2+json");
  const auto members = JsonMembers(body, kWrapperMembersMax);
  if (!members) return KafkaError(400, members.error().message());
  if (auto refusal = RefuseUnknown(*members, {"records", "key_schema", "key_schema_id", "value_schema", "value_schema_id"})) return refusal;
  const auto* records = Find(*members, "records");
  if (records == nullptr) return KafkaError(422, "records may not be null");
  if (*format == Format::kSchema) return SchemaReply(*members, *records);
  const auto elements = SplitJsonArray(*records, limits.records_max + 1);
  if (!elements) return KafkaError(400, "records is a list");
  if (elements->empty()) return KafkaError(422, "records may not be empty");
  if (elements->size() > limits.records_max) return KafkaError(413, "more than " + std::to_string(limits.records_max) + " records in a request");
  out->resize(elements->size());
  for (size_t i = 0; i < elements->size(); ++i) {
    if (auto refusal = ReadRecord((*elements)[i].text, *format, texts, &(*out)[i])) return refusal;
  }
  return std::nullopt;
}

}  // namespace tailrace::server
