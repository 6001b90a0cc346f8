// The conservation law as JSON, for the route and for the command line without a server.
#pragma once

#include <functional>
#include <string_view>

#include "engine/auditor.h"
#include "server/http/json_out.h"

namespace tailrace::server {

// {"holds","difference"?,"streams":[...],"materializations":[...]}, of the streams that `shown` names.
void WriteAudit(JsonWriter& json, const engine::Audit& audit, const std::function<bool(std::string_view stream)>& shown);

}  // namespace tailrace::server
