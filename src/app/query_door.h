// Where SQL is answered: by the running server of a pipeline, or, when there is none, from its data folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "app/table_text.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// Threads: one at a time.
class QueryDoor {
 public:
  virtual ~QueryDoor() = default;

  // kInvalid: the SQL is wrong or not allowed. kCancelled: `stop` came first.
  virtual Result<QueryAnswer> Ask(std::string_view sql, const std::stop_token& stop) = 0;
};

// Takes the data folder's lock and lets its tables catch up with its log; when another process holds the lock, asks
// that one over HTTP. kUnavailable: the folder is held, and nobody answers at the address of the file (or at `port` of
// it).
Result<std::unique_ptr<QueryDoor>> OpenQueryDoor(config::Pipeline pipeline, std::optional<uint16_t> port,
                                                 const std::stop_token& stop);

// The body of an answer of POST /sql.
Result<QueryAnswer> ParseQueryAnswer(std::string_view body);

}  // namespace tailrace::app
