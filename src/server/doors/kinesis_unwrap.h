// The records of a request to Kinesis or Firehose, or to a gateway before Kinesis.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/doors/aws_shape.h"
#include "server/doors/envelope.h"
#include "server/doors/text_arena.h"
#include "server/http/reply.h"

namespace tailrace::server {

enum class AwsPut { kRecord, kRecords, kFirehoseRecord, kFirehoseBatch };

// Of the members of a body whose stream is known. As Envelope::Unwrap.
std::optional<Reply> ReadAwsRecords(const AwsMembers& members, AwsPut put, const UnwrapLimits& limits, TextArena& texts,
                                    std::vector<WrappedRecord>* out);

// {"StreamName"?,"Data","PartitionKey"}; with `many` {"Records":[{"Data","PartitionKey"}]}. As Envelope::Unwrap.
std::optional<Reply> UnwrapGateway(std::string_view body, bool many, const UnwrapLimits& limits, TextArena& texts,
                                   std::vector<WrappedRecord>* out);

}  // namespace tailrace::server
