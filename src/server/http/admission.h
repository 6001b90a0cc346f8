// Decides whether one more request may come in, so that those that do are answered soon: what is in flight is held below what the log
// finishes in a short time, and the rest is told at once to come back.
//
// The rate is the best of the last second, and "a short time" the larger of the delay that is aimed at and a few times the shortest
// answer seen lately, so that a slow disk is kept busy too (as BBR bounds what is in flight by bandwidth times round trip). Only an answer that
// waited for no others tells how slow the disk is: those of a full queue would make the queue longer.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "base/clock.h"
#include "base/metrics.h"

namespace tailrace::server {

// Threads: thread-safe.
class Admission {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Admission(std::chrono::milliseconds delay_target, Clock& clock, Metrics& metrics);

  // Whether Enter would take a body of this size now.
  bool HasRoom(size_t body_bytes);
  // False: it is to be refused. One is always taken. `waited`: for how long it has been there.
  bool Enter(size_t body_bytes, std::chrono::nanoseconds waited);
  // The answer of one that entered at `entered` goes out.
  void Leave(size_t body_bytes, Time entered);

  // Bytes that may be in flight, a fixed cost for each request included.
  size_t room() const;

 private:
  static constexpr std::chrono::milliseconds kWindow{100};
  static constexpr size_t kWindows = 10;

  void EndWindow(Time now);

  const std::chrono::nanoseconds delay_target_;
  Clock& clock_;
  Counter& refused_;

  mutable std::mutex mutex_;  // protects all below
  size_t in_flight_ = 0;
  size_t room_;
  Time window_began_;
  size_t window_done_ = 0;
  std::chrono::nanoseconds window_shortest_;
  std::chrono::nanoseconds known_shortest_{0};  // of the last second that had one
  Time crowded_at_;  // when one entered behind many others
  std::array<double, kWindows> rates_{};  // bytes a nanosecond
  std::array<std::chrono::nanoseconds, kWindows> shortest_{};
  size_t window_ = 0;
};

}  // namespace tailrace::server
