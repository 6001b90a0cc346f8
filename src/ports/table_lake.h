// Tables of the pipeline that are kept in files for good.
#pragma once

#include <optional>
#include <stop_token>
#include <string_view>

#include "base/error.h"
#include "base/result.h"

namespace tailrace {

// Threads: thread-safe.
class TableLake {
 public:
  virtual ~TableLake() = default;

  // Why a table does not go on now; nullopt: it does, or is not kept.
  virtual std::optional<Error> Trouble(std::string_view table) const = 0;

  // Reads every file of the newest version and holds it against what was noted when it was written. Success for a table that is not kept.
  // kCorruption: one differs or is missing, with its name. kCancelled: `stop`.
  virtual Status Check(std::string_view table, const std::stop_token& stop) = 0;
};

}  // namespace tailrace
