#include "app/progress_line.h"

#include <fmt/format.h>

#include <algorithm>

namespace tailrace::app {
namespace {

constexpr size_t kBarWidth = 22;
constexpr double kShortSeconds = 10;
constexpr double kMinuteSeconds = 60;

// Before this much time a speed says little.
constexpr double kSpeedAfterSeconds = 0.05;

}  // namespace

std::string Bar(double fraction, size_t width) {
  const size_t inside = width - 2;
  const auto full = static_cast<size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(inside));
  return fmt::format("[{}{}]", std::string(full, '='), std::string(inside - full, ' '));
}

std::string DurationText(double seconds) {
  if (seconds < kShortSeconds) return fmt::format("{:.1f} s", seconds);
  if (seconds < kMinuteSeconds) return fmt::format("{:.0f} s", seconds);
  const auto whole = static_cast<int64_t>(seconds);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

double ProgressLine::seconds() const { return std::chrono::duration<double>(Clock::now() - began_).count(); }

std::string ProgressText(const ProgressMark& mark) {
  const double rate = mark.seconds > kSpeedAfterSeconds ? static_cast<double>(mark.rows) / mark.seconds : 0;
  std::string text;
  if (mark.bytes_all > 0) {
    const double fraction = std::min(1.0, static_cast<double>(mark.bytes_done) / static_cast<double>(mark.bytes_all));
    text += fmt::format("  {} {:3.0f} %", Bar(fraction, kBarWidth), fraction * 100);
  }
  text += fmt::format("  {}  {} rows/s", Counted(mark.rows, "row"), Grouped(static_cast<int64_t>(rate)));
  const auto done_here = static_cast<double>(mark.bytes_done - mark.bytes_begun);
  const auto left = static_cast<double>(mark.bytes_all - mark.bytes_done);
  if (done_here > 0 && left > 0) text += fmt::format("  {} left", DurationText((mark.seconds - mark.seconds_begun) * left / done_here));
  return text;
}

void ProgressLine::Show(int64_t rows, int64_t bytes_done, int64_t bytes_all) {
  const auto now = Clock::now();
  if (!bytes_begun_) {
    bytes_begun_ = bytes_done;
    seconds_begun_ = seconds();
  }
  if (now - last_shown_ < (console_.err_is_terminal() ? kBetweenDrawings : kBetweenLines)) return;
  last_shown_ = now;
  said_.clear();
  Draw(label_ + ProgressText({rows, *bytes_begun_, bytes_done, bytes_all, seconds_begun_, seconds()}));
}

void ProgressLine::Say(const std::string& text) {
  if (said_ == text) return;
  said_ = text;
  Draw(fmt::format("{}  {}", label_, text));
}

void ProgressLine::Draw(const std::string& text) {
  if (!console_.err_is_terminal()) return console_.ErrLine(text);
  console_.Err(fmt::format("\r\x1b[2K{}", text.substr(0, console_.width() - 1)));
  drawn_ = true;
}

void ProgressLine::Clear() {
  if (drawn_) console_.Err("\r\x1b[2K");
  drawn_ = false;
}

}  // namespace tailrace::app
