// How far a long piece of work has come: a bar that is drawn over on a terminal, a line now and then in a pipe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "app/console.h"

namespace tailrace::app {

// Writes to stderr, so that what the command answers stays clean. Threads: one at a time.
class ProgressLine {
 public:
  ProgressLine(Console& console, std::string label) : console_(console), label_(std::move(label)) {}
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // `bytes_all` is 0 when it is not known. Most calls show nothing. Where the first call finds the work is where it was taken up: what was done
  // before took no time of this one.
  void Show(int64_t rows, int64_t bytes_done, int64_t bytes_all);

  // Shows a text in place of the bar; the same text again shows nothing new.
  void Say(const std::string& text);

  // Takes the bar away.
  void Clear();

  double seconds() const;

  static constexpr std::chrono::milliseconds kBetweenDrawings{100};
  static constexpr std::chrono::milliseconds kBetweenLines{5'000};

 private:
  using Clock = std::chrono::steady_clock;

  void Draw(const std::string& text);

  Console& console_;
  const std::string label_;
  const Clock::time_point began_ = Clock::now();
  Clock::time_point last_shown_ = began_;
  std::optional<int64_t> bytes_begun_;  // of the first call
  double seconds_begun_ = 0;            // the same
  std::string said_;
  bool drawn_ = false;
};

// What is told of work after `seconds` of it; `seconds_begun` after its begin it was at `bytes_begun`.
struct ProgressMark {
  int64_t rows = 0;
  int64_t bytes_begun = 0;
  int64_t bytes_done = 0;
  int64_t bytes_all = 0;
  double seconds_begun = 0;
  double seconds = 0;
};
std::string ProgressText(const ProgressMark& mark);

// "[=====     ]", `width` characters with its brackets.
std::string Bar(double fraction, size_t width);

// "0.4 s", "12 s", "3 min 20 s".
std::string DurationText(double seconds);

}  // namespace tailrace::app
