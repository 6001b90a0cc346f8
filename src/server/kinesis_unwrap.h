// The records of a request to Kinesis or Firehose, or to a gateway before Kinesis.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/aws_shape.h"
#include "server/envelope.h"
#include "server/reply.h"
#include "server/text_arena.h"

namespace tailrace::server {

enum class AwsPut { kRecord, kRecords, kFirehoseRecord, kFirehoseBatch };

// Of the members of a body whose stream is known. As Envelope::Unwrap.
std::optional<Reply> ReadAwsRecords(const AwsMembers& members, AwsPut put, const UnwrapLimits& limits, TextArena& texts,
                                    std::vector<WrappedRecord>* out);

// {"StreamName"?,"Data","PartitionKey"}; with `many` {"Records":[{"Data","PartitionKey"}]}. As Envelope::Unwrap.
std::optional<Reply> UnwrapGateway(std::string_view body, bool many, const UnwrapLimits& limits, TextArena& texts,
                                   std::vector<WrappedRecord>* out);

}  // namespace tailrace::server
