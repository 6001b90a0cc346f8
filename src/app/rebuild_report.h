// What a rebuild shows the person who waits for it.
#pragma once

#include <cstdint>
#include <string>

#include "app/console.h"
#include "app/progress_line.h"
#include "engine/rebuild.h"

namespace tailrace::app {

// Draws progress on stderr. Threads: one at a time.
class RebuildProgressLine final : public engine::RebuildListener {
 public:
  RebuildProgressLine(Console& console, const std::string& name) : line_(console, "rebuilding " + name) {}

  void OnProgress(const engine::RebuildProgress& progress) override {
    line_.Show(progress.rows_done, progress.rows_done, progress.rows_all);
  }
  void Clear() { line_.Clear(); }

 private:
  ProgressLine line_;
};

// "541,909 rows of the log in 5.1 s, 106,256 rows/s"
std::string RebuildSummary(int64_t rows, double seconds);

}  // namespace tailrace::app
