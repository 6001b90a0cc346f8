// What the data folder takes of the disk.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tailrace::app {

// Files beyond this are not counted: a lake may hold more than one wants to look at for a page.
inline constexpr int64_t kFilesMeasuredMax = 1'000'000;

struct StreamSize {
  std::string name;
  int64_t log_bytes = 0;
  int64_t letter_bytes = 0;  // its dead letters
};

// Bytes of blocks, as `du` counts them.
struct DataSizes {
  std::vector<StreamSize> streams;  // those in the folder, by name
  std::vector<std::pair<std::string, int64_t>> parts;  // "log", "dead letters", "warehouse", "documents", "lake", "keys and runs", "other"
  int64_t disk_free = 0;  // for this process
  int64_t disk_size = 0;
  bool cut = false;       // at kFilesMeasuredMax
};

// Files come and go meanwhile, so it is true about then. kUnavailable: the folder cannot be read; kCancelled: `stop`.
Result<DataSizes> MeasureData(const std::string& folder, const std::stop_token& stop);

}  // namespace tailrace::app
