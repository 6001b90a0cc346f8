// What computing a materialisation anew is told and tells.
#pragma once

#include <cstdint>

namespace tailrace::engine {

struct RebuildProgress {
  int64_t rows_done = 0;  // records of the log
  int64_t rows_all = 0;   // that were in it when the rebuild began, or have come since
};

// Threads: called on the thread that rebuilds. Ownership: borrowed.
class RebuildListener {
 public:
  virtual ~RebuildListener() = default;
  // After each batch; returns at once.
  virtual void OnProgress(const RebuildProgress& progress) = 0;
};

struct RebuildOutcome {
  int64_t rows = 0;  // records of the log that were read
  double seconds = 0;
};

}  // namespace tailrace::engine
