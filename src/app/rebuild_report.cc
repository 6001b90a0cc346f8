#include "app/rebuild_report.h"

#include <fmt/format.h>

namespace tailrace::app {

std::string RebuildSummary(int64_t rows, double seconds) {
  std::string text = fmt::format("{} of the log in {}", Counted(rows, "row"), DurationText(seconds));
  if (seconds > 0 && rows > 0) text += fmt::format(", {} rows/s", Grouped(static_cast<int64_t>(static_cast<double>(rows) / seconds)));
  return text;
}

}  // namespace tailrace::app
