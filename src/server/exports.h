// Exports that somebody asks a running server for.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace::server {

enum class ExportFormat { kParquet, kCsv, kJsonl };

// The answer of a query as files of the server's machine.
struct ExportOrder {
  std::string sql;   // one SELECT
  std::string to;    // absolute: a file; with `partition_by` a folder
  ExportFormat format = ExportFormat::kParquet;
  std::vector<std::string> partition_by;
};

// Threads: thread-safe; calls return at once.
class Exports {
 public:
  virtual ~Exports() = default;

  // Writes on a thread of its own, then tells `done` there how many rows. `gone` stops it, and leaves what was there. kExhausted, at once: as many
  // as may be are under way.
  virtual Status Start(ExportOrder order, std::stop_token gone, std::function<void(Result<int64_t> rows)> done) = 0;
};

}  // namespace tailrace::server
