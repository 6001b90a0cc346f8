#include "engine/low_water.h"

#include <algorithm>

namespace tailrace::engine {

Positions LowWater(const Progress& progress, std::string_view stream, Positions held) {
  for (const MaterializationProgress& consumer : progress.All()) {
    if (consumer.stream != stream) continue;
    for (size_t p = 0; p < held.size(); ++p) {
      held[p] = p < consumer.positions.size() ? std::min(held[p], consumer.positions[p]) : Offset{};
    }
  }
  return held;
}

}  // namespace tailrace::engine
