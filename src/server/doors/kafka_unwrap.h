// The records of a request to a Kafka REST Proxy, version 2, and how the proxy says what it does not take.
// Shapes and error codes: Confluent REST Proxy API reference, v2.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/doors/envelope.h"
#include "server/doors/text_arena.h"
#include "server/http/reply.h"

namespace tailrace::server {

// Answers in the proxy's type.
inline constexpr std::string_view kKafkaType = "application/vnd.kafka.v2+json";

// {"error_code","message"}. `code`: the HTTP status, or with two digits more where it has several reasons.
Reply KafkaError(int code, std::string_view message);

// {"records":[{"key"?,"value","partition"?}]}: values as JSON, or in base64 as the content type says. As Envelope::Unwrap.
std::optional<Reply> UnwrapKafka(std::string_view content_type, std::string_view body, const UnwrapLimits& limits, TextArena& texts,
                                 std::vector<WrappedRecord>* out);

}  // namespace tailrace::server
