// Time comes in from outside, so that tests hold it.
#pragma once

#include <chrono>
#include <cstdint>

namespace tailrace {

// Microseconds since 1970-01-01T00:00:00Z.
struct WallTime {
  int64_t micros = 0;
  int64_t millis() const { return micros / 1000; }
  auto operator<=>(const WallTime&) const = default;
};

// Threads: implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() = 0;
  // For measuring durations; never goes backwards.
  virtual std::chrono::steady_clock::time_point Monotonic() = 0;
};

// The clock of the machine. Lives as long as the program.
Clock& SystemClock();

// A clock that moves only when told.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start) : now_(start) {}
  WallTime Now() override { return now_; }
  std::chrono::steady_clock::time_point Monotonic() override {
    return std::chrono::steady_clock::time_point(std::chrono::microseconds(now_.micros));
  }
  void Set(WallTime now) { now_ = now; }
  void Advance(std::chrono::microseconds by) { now_.micros += by.count(); }

 private:
  WallTime now_;
};

}  // namespace tailrace
