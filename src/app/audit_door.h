// Where the conservation law is asked for: at the running server of a pipeline, or, when there is none, in its data folder. Both answer with
// the JSON of GET /audit.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "app/json_value.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

struct AuditRequest {
  bool recount = false;
  std::optional<uint16_t> port;
};

// Nothing is fed or changed by it. Errors: kUnavailable = the folder is in use, and not by a server that answers.
Result<JsonValue> AskForAudit(config::Pipeline pipeline, const AuditRequest& request, const std::stop_token& stop);

struct TraceRequest {
  std::string stream;
  int32_t partition = 0;
  int64_t offset = 0;
  std::optional<uint16_t> port;
};

// The JSON of GET /trace. Errors as AskForAudit; kNotFound: no such record.
Result<JsonValue> AskForTrace(config::Pipeline pipeline, const TraceRequest& request, const std::stop_token& stop);

}  // namespace tailrace::app
