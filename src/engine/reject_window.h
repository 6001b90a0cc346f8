// Counts the dead letters of a stretch of time that ends now, and says when they are too many.
#pragma once

#include <cstdint>
#include <map>

#include "config/reject_limit.h"

namespace tailrace::engine {

struct RejectCounts {
  int64_t letters = 0;  // in the window; without one, those that stand open
  int64_t records = 0;  // that came meanwhile, the refused ones too; counted for a share alone
};

// A share is taken of at least so many records: the first bad record of a quiet night is not a hundred percent.
inline constexpr int64_t kRecordsJudgedMin = 100;

// Whether the limit is passed.
bool IsOver(const config::RejectLimit& limit, const RejectCounts& counts);

// Threads: one. Memory: kSteps counters. Times are milliseconds of the wall clock, which may be set back: what lies ahead of `now` counts.
class RejectWindow {
 public:
  // The window moves on in steps of this part of it, so it is up to one step longer than asked for.
  static constexpr int64_t kSteps = 60;

  explicit RejectWindow(int64_t window_ms);

  // `in_log`: the letter's record is in the stream as well.
  void Add(int64_t time_ms, bool in_log);
  // Nothing that came so far counts any more.
  void Clear() { steps_.clear(); }

  struct Letters {
    int64_t all = 0;
    int64_t not_in_log = 0;
  };
  Letters Count(int64_t now_ms);
  // What came earlier than this is not counted at `now_ms`.
  int64_t BeginAt(int64_t now_ms) const;

 private:
  const int64_t window_ms_;
  const int64_t step_ms_;
  std::map<int64_t, Letters> steps_;  // by their number since the epoch
};

}  // namespace tailrace::engine
