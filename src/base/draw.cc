#include "base/draw.h"

#include "base/random.h"

namespace tailrace {
namespace {

// Apart from the draws of the same seed and index that choose something else.
constexpr uint64_t kPauseSalt = 0x9ae16a3b2f90404f;

}  // namespace

uint64_t DrawAt(uint64_t seed, int64_t index) {
  // Two steps: one mixes the seed, so that near seeds do not give each other's draws a few places on.
  SeededRandom by_seed(seed);
  SeededRandom by_place(by_seed.Next() ^ static_cast<uint64_t>(index));
  return by_place.Next();
}

std::chrono::microseconds PauseAt(const PauseRange& range, uint64_t seed, int64_t index) {
  const std::chrono::microseconds min = range.min;
  const std::chrono::microseconds max = range.max;
  const auto spread = static_cast<uint64_t>((max - min).count()) + 1;
  return min + std::chrono::microseconds(static_cast<int64_t>(DrawAt(seed ^ kPauseSalt, index) % spread));
}

}  // namespace tailrace
