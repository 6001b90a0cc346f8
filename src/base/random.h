// Randomness comes in from outside, so that tests repeat.
#pragma once

#include <cstdint>

namespace tailrace {

class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;
  // From 0 to `end` - 1; `end` is at least 1.
  uint64_t Below(uint64_t end) { return Next() % end; }
};

// The kernel's. Threads: thread-safe. Lives as long as the program.
Random& SystemRandom();

// The same numbers for the same seed, on every machine (SplitMix64). Threads: one at a time.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  uint64_t Next() override;

 private:
  uint64_t state_;
};

}  // namespace tailrace
