// Due times that others ask a poll for, beside its schedule.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/result.h"

namespace tailrace {

// What came of a due time.
struct PollOutcome {
  int64_t records = 0;
  std::string failure;  // of the first answer that was not what was promised; empty: all were
};

// Threads: thread-safe; the part for the source from its thread.
class PollAsks {
 public:
  // Blocks until the source has seen to `due_s` (seconds since 1970) and all of it is in the log; returns the records. Of a due time that was
  // the last one it returns at once what came of it. kInvalid: the source is at a later one. kUnavailable: an answer was not what
  // was promised, or the source has ended (`is_over`, asked now and then).
  Result<int64_t> Ask(int64_t due_s, const std::function<bool()>& is_over, const std::stop_token& stop);

  // For the source: the earliest that is asked for.
  std::optional<int64_t> Next() const;
  // Everything up to `due_s` is done, and `due_s` itself came to `outcome`.
  void Settle(int64_t due_s, const PollOutcome& outcome);
  // Until Awake is called, asking for a time before `until_s` requests a stop of `waiting`. False: one is asked for already.
  bool Asleep(int64_t until_s, std::stop_source* waiting);
  void Awake();

 private:
  struct Waiter {
    int64_t due_s = 0;
    std::optional<Result<int64_t>> outcome;
  };

  mutable std::mutex mutex_;
  std::condition_variable_any settled_;
  std::map<int64_t, Waiter> waiters_;  // protected by mutex_, as is what stands below
  int64_t asked_ = 0;
  std::stop_source* sleeper_ = nullptr;
  int64_t asleep_until_s_ = 0;
};

}  // namespace tailrace
