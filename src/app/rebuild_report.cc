#include "app/rebuild_report.h"

#include <fmt/format.h>

namespace tailrace::app {

void RebuildProgressLine::OnDifference(const engine::Difference& difference) {
  if (differences_++ == kDifferencesMax) console_.ErrLine(fmt::format("only the first {} differences are shown", Grouped(kDifferencesMax)));
  if (differences_ > kDifferencesMax) return;
  line_.Clear();
  std::string text = difference.in_old ? "- " : "+ ";
  if (!difference.key.empty()) text += fmt::format("{} ", difference.key);
  text += difference.json;
  if (difference.count > 1) text += fmt::format("  ({} times)", Grouped(difference.count));
  console_.OutLine(console_.Paint(difference.in_old ? Style::kRed : Style::kGreen, text));
}

std::string DifferenceSummary(int64_t only_in_old, int64_t only_in_new) {
  if (only_in_old == 0 && only_in_new == 0) return "no difference";
  return fmt::format("{} only in the old state, {} only in the new one", Grouped(only_in_old), Grouped(only_in_new));
}

std::string RebuildSummary(int64_t rows, double seconds) {
  std::string text = fmt::format("{} of the log in {}", Counted(rows, "row"), DurationText(seconds));
  if (seconds > 0 && rows > 0) text += fmt::format(", {} rows/s", Grouped(static_cast<int64_t>(static_cast<double>(rows) / seconds)));
  return text;
}

}  // namespace tailrace::app
