// What PutRecord and PutRecords are answered once the log has told the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "config/spec.h"
#include "server/doors/aws_shape.h"
#include "server/doors/ingest_call.h"
#include "server/http/json_out.h"
#include "server/http/reply.h"

namespace tailrace::server {

// {"ShardId","SequenceNumber"}, or an error.
Reply PutRecordAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect);

// An object for each record of a list: what `write_place` writes of one that stands in the log, {"ErrorCode","ErrorMessage"} of any other.
// How many of the others there were.
int64_t WriteAwsOutcomes(const IngestCall& call, JsonWriter& json, const std::function<void(const RecordEnd&)>& write_place);

// {"FailedRecordCount","Records":[{"SequenceNumber","ShardId"} or {"ErrorCode","ErrorMessage"}]}, or an error when the log took none.
Reply PutRecordsAnswer(const IngestCall& call, const config::Pipeline& pipeline, AwsDialect dialect);

}  // namespace tailrace::server
