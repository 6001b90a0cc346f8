#include "engine/reject_window.h"

#include <algorithm>

namespace tailrace::engine {

bool IsOver(const config::RejectLimit& limit, const RejectCounts& counts) {
  if (!limit.percent) return counts.letters > limit.count;
  constexpr double kAll = 100;
  return static_cast<double>(counts.letters) * kAll > *limit.percent * static_cast<double>(std::max(counts.records, kRecordsJudgedMin));
}

RejectWindow::RejectWindow(int64_t window_ms) : window_ms_(window_ms), step_ms_(std::max<int64_t>(1, window_ms / kSteps)) {}

void RejectWindow::Add(int64_t time_ms, bool in_log) {
  Letters& letters = steps_[time_ms / step_ms_];
  ++letters.all;
  if (!in_log) ++letters.not_in_log;
}

int64_t RejectWindow::BeginAt(int64_t now_ms) const { return (now_ms - window_ms_) / step_ms_ * step_ms_; }

RejectWindow::Letters RejectWindow::Count(int64_t now_ms) {
  steps_.erase(steps_.begin(), steps_.lower_bound(BeginAt(now_ms) / step_ms_));
  Letters sum;
  for (const auto& [step, letters] : steps_) {
    sum.all += letters.all;
    sum.not_in_log += letters.not_in_log;
  }
  return sum;
}

}  // namespace tailrace::engine
