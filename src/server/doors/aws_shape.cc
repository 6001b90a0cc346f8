#include "server/doors/aws_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "server/doors/envelope.h"
#include "server/http/json_out.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kShardPrefix = "shardId-";
constexpr std::string_view kThrottled = "ProvisionedThroughputExceededException";
constexpr std::string_view kUnavailable = "ServiceUnavailableException";
constexpr std::string_view kInternal = "InternalFailure";

struct Told {
  int status = 500;
  std::string_view type = kInternal;
};

Told ToldOf(int status, AwsDialect dialect) {
  switch (status) {
    case 400:
    case 411:
    case 415:
    case 417: return {400, kValidation};
    case 401: return {401, "UnrecognizedClientException"};
    case 403: return {403, "AccessDeniedException"};
    case 404: return {400, kNoSuchResource};
    case 409: return {400, kInvalidArgument};
    case 413: return {413, "RequestEntityTooLargeException"};
    case 422: return {400, kInvalidArgument};
    case 503:
    case 507:
      if (dialect == AwsDialect::kKinesis) return {400, kThrottled};
      return {503, kUnavailable};
    default: return {status >= 500 ? 500 : 400, status >= 500 ? kInternal : kValidation};
  }
}

size_t CharactersOf(std::string_view utf8) {
  return static_cast<size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

const std::string_view* FindMember(const AwsMembers& members, std::string_view name) {
  for (const auto& [key, value] : members) {
    if (key == name) return value == "null" ? nullptr : &value;
  }
  return nullptr;
}

std::optional<Reply> RefusalOfPartitionKey(std::string_view key, std::string_view content_type) {
  const size_t characters = CharactersOf(key);
  if (characters >= 1 && characters <= kPartitionKeyCharactersMax) return std::nullopt;
  return AwsError(400, kValidation, "PartitionKey has 1 to " + std::to_string(kPartitionKeyCharactersMax) + " characters", content_type);
}

Reply AwsError(int status, std::string_view type, std::string_view message, std::string_view content_type) {
  Reply reply;
  reply.status = status;
  reply.content_type = content_type;
  reply.headers.emplace_back("x-amzn-ErrorType", std::string(type));
  JsonWriter(reply.body).BeginObject().Text("__type", type).Text("message", message).EndObject();
  return reply;
}

Reply AwsDressed(Reply reply, AwsDialect dialect) {
  const bool is_dressed = !reply.headers.empty() && reply.headers.front().first == "x-amzn-ErrorType";
  if (reply.status < 400 || is_dressed) return reply;
  const Told told = ToldOf(reply.status, dialect);
  const std::string_view type = dialect == AwsDialect::kGateway ? kJsonType : kAwsJsonType;
  Reply dressed = AwsError(told.status, told.type, ErrorPartsOf(reply).message, type);
  for (auto& header : reply.headers) dressed.headers.push_back(std::move(header));
  dressed.close = reply.close;
  return dressed;
}

std::string ShardId(PartitionId partition) { return fmt::format("{}{:012}", kShardPrefix, partition.value); }

std::optional<int64_t> ParseShardId(std::string_view text) {
  if (text.starts_with(kShardPrefix)) text.remove_prefix(kShardPrefix.size());
  int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text.size() > 12 || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

AwsFailure FailureOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kExhausted: return {kThrottled, error.message()};
    case ErrorCode::kConflict: return {kInvalidArgument, error.message()};
    default: return {kInternal, error.message()};
  }
}

}  // namespace tailrace::server
