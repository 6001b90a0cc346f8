#include "base/clock.h"

namespace tailrace {
namespace {

class MachineClock final : public Clock {
 public:
  WallTime Now() override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since_epoch).count()};
  }
  std::chrono::steady_clock::time_point Monotonic() override { return std::chrono::steady_clock::now(); }
};

}  // namespace

Clock& SystemClock() {
  static MachineClock clock;
  return clock;
}

}  // namespace tailrace
