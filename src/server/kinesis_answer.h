// What PutRecord and PutRecords are answered once the log has told the end.
#pragma once

#include <optional>
#include <string_view>

#include "config/spec.h"
#include "server/aws_shape.h"
#include "server/ingest_call.h"
#include "server/reply.h"

namespace tailrace::server {

inline constexpr size_t kPartitionKeyCharactersMax = 256;

// 1 to 256 characters.
std::optional<Reply> RefusalOfPartitionKey(std::string_view key, std::string_view content_type);

// {"ShardId","SequenceNumber"}, or an error.
Reply PutRecordAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect);

// {"FailedRecordCount","Records":[{"SequenceNumber","ShardId"} or {"ErrorCode","ErrorMessage"}]}, or an error when the log took none.
Reply PutRecordsAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect);

}  // namespace tailrace::server
