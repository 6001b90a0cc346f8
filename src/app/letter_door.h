// Where dead letters are asked for: at the running server of a pipeline, or, when there is none, in its data folder. Both answer with the
// JSON of the HTTP routes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/json_value.h"
#include "base/result.h"
#include "config/spec.h"
#include "engine/dead_letters.h"
#include "engine/redrive.h"

namespace tailrace::app {

// Threads: one at a time.
class LetterDoor {
 public:
  virtual ~LetterDoor() = default;

  // GET /dlq
  virtual Result<JsonValue> List(const std::stop_token& stop) = 0;
  // GET /dlq/{stream}
  virtual Result<JsonValue> Show(const std::string& stream, const engine::LetterFilter& filter, const std::stop_token& stop) = 0;

  // POST /dlq/{stream}/redrive
  virtual Result<JsonValue> Redrive(const engine::RedriveRequest& request, const std::stop_token& stop) = 0;

  // POST /dlq/{stream}/resume
  virtual Result<JsonValue> Resume(const std::string& stream, const std::stop_token& stop) = 0;
};

// As OpenQueryDoor.
Result<std::unique_ptr<LetterDoor>> OpenLetterDoor(config::Pipeline pipeline, std::optional<uint16_t> port, const std::stop_token& stop);

}  // namespace tailrace::app
