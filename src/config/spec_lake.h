// What is kept in the lake: `lake:` of the pipeline file.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "config/place.h"

namespace tailrace::config {

// Every record of a stream, as it came.
struct LakeStreamSpec {
  std::string stream;
  Place place;
  int64_t roll_bytes = int64_t{64} << 20;           // of records in a file, before they are packed
  std::chrono::milliseconds roll_after{600'000};    // the longest that a record waits for its file
};

// A table of the pipeline as a Delta Lake table.
struct LakeTableSpec {
  std::string table;
  Place place;
  std::vector<std::string> partition_by;
  std::chrono::milliseconds commit_after{60'000};   // the longest that a row waits for its commit
  int64_t commit_bytes = int64_t{128} << 20;        // of rows, that are not waited with
};

struct LakeSpec {
  std::vector<LakeStreamSpec> streams;
  std::vector<LakeTableSpec> tables;
};

}  // namespace tailrace::config
