// One record's way as JSON, for the route and for the command line without a server.
#pragma once

#include "engine/trace.h"
#include "server/json_out.h"

namespace tailrace::server {

// {"stream","partition","offset","seq","ingested_at_ms","key"?,"record","materializations":[{"kind","name","fate","reason"?,"commit"?,"keys"?}]}
void WriteTrace(JsonWriter& json, const engine::Trace& trace);

}  // namespace tailrace::server
