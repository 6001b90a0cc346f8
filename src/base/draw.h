// Chance that repeats: the n-th draw of a seed is always the same, whatever was drawn before it, so that who goes on in
// the middle draws as who began at the beginning.
#pragma once

#include <chrono>
#include <cstdint>

namespace tailrace {

uint64_t DrawAt(uint64_t seed, int64_t index);

// How long to wait between two things.
struct PauseRange {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max{0};
  bool any() const { return max.count() > 0; }
};

// The pause before the index-th thing, spread evenly over the range.
std::chrono::microseconds PauseAt(const PauseRange& range, uint64_t seed, int64_t index);

}  // namespace tailrace
