// One record's way as JSON, for the route and for the command line without a server.
#pragma once

#include "engine/trace.h"
#include "server/http/json_out.h"

namespace tailrace::server {

// {"stream","partition","offset","seq","received","from":{...},"sent_again"?,"file"?,"byte"?,"key"?,"record",
//  "materializations":[{"kind","name","fate","reason"?,"commit"?,"keys"?,"letters"?}]}: docs/http.md.
void WriteTrace(JsonWriter& json, const engine::Trace& trace);

}  // namespace tailrace::server
