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
  RebuildProgressLine(Console& console, const std::string& name) : console_(console), line_(console, "rebuilding " + name) {}

  void OnProgress(const engine::RebuildProgress& progress) override {
    line_.Show(progress.rows_done, progress.rows_done, progress.rows_all);
  }
  // On stdout: "- " before what only the old state has, "+ " before what only the new one has.
  void OnDifference(const engine::Difference& difference) override;
  void Clear() { line_.Clear(); }

 private:
  // Differences that are shown; all are counted.
  static constexpr int64_t kDifferencesMax = 1'000;

  Console& console_;
  int64_t differences_ = 0;
  ProgressLine line_;
};

// "2 rows only in the old state, 1 only in the new one"
std::string DifferenceSummary(int64_t only_in_old, int64_t only_in_new);

// "541,909 rows of the log in 5.1 s, 106,256 rows/s"
std::string RebuildSummary(int64_t rows, double seconds);

}  // namespace tailrace::app
