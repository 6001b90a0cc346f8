// Answers of queries in the forms that programs read: Parquet files and Arrow streams.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "ports/warehouse.h"

namespace tailrace::server {

enum class BinaryForm { kParquet, kArrow };

struct BinaryAnswer {
  std::string bytes;
  QuerySummary summary;
  bool is_over = false;  // it is larger than it may be, and not whole
};

// Threads: thread-safe. Errors: as Warehouse::Query.
class BinaryAnswers {
 public:
  virtual ~BinaryAnswers() = default;

  // No more than `bytes_max` bytes.
  virtual Result<BinaryAnswer> Make(const QueryRequest& request, BinaryForm form, size_t bytes_max, const std::stop_token& stop) = 0;
};

}  // namespace tailrace::server
