// What a running pipeline holds, as JSON objects.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "app/json_value.h"
#include "app/runtime.h"
#include "base/clock.h"
#include "base/result.h"

namespace tailrace::app {

// More rows than this are an error: a test that needs them should count.
inline constexpr size_t kRelationRowsMax = 100'000;

// Rows of a stream, table, view or relation of the system, by column.
Result<std::vector<JsonValue>> RowsOfRelation(Runtime& runtime, const std::string& name, WallTime now,
                                              const std::stop_token& stop);

// Those of one stream in the order in which they were written; {stage, stream, raw, pointer, reason, ...}.
Result<std::vector<JsonValue>> DeadLettersOf(Runtime& runtime, const std::string& stream);

}  // namespace tailrace::app
