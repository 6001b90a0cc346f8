// What Amazon's data services say and how: errors, shards, sequence numbers. Shapes: the Kinesis Data Streams and Data Firehose API references.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "server/http/reply.h"

namespace tailrace::server {

inline constexpr std::string_view kAwsJsonType = "application/x-amz-json-1.1";

// How a refusal of ours is told.
enum class AwsDialect {
  kKinesis,   // too much at a time: ProvisionedThroughputExceededException
  kFirehose,  // ServiceUnavailableException
  kGateway,   // as Firehose, in plain JSON and with the HTTP status that says it
};

// {"__type","message"}.
Reply AwsError(int status, std::string_view type, std::string_view message, std::string_view content_type = kAwsJsonType);

// An answer of ours that is no success; any other goes through as it is.
Reply AwsDressed(Reply reply, AwsDialect dialect);

using AwsMembers = std::vector<std::pair<std::string, std::string_view>>;

// Null counts as missing, as with Amazon's own.
const std::string_view* FindMember(const AwsMembers& members, std::string_view name);

inline constexpr size_t kPartitionKeyCharactersMax = 256;

// 1 to 256 characters.
std::optional<Reply> RefusalOfPartitionKey(std::string_view key, std::string_view content_type);

// shardId-000000000003
std::string ShardId(PartitionId partition);
std::optional<int64_t> ParseShardId(std::string_view text);

// What is told of a record in a list.
struct AwsFailure {
  std::string_view code;
  std::string message;
};
AwsFailure FailureOf(const Error& error);

inline constexpr std::string_view kInvalidArgument = "InvalidArgumentException";
inline constexpr std::string_view kValidation = "ValidationException";
inline constexpr std::string_view kSerialization = "SerializationException";
inline constexpr std::string_view kNoSuchResource = "ResourceNotFoundException";

}  // namespace tailrace::server
