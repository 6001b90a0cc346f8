#include "server/graph/part_history.h"

#include <algorithm>

namespace tailrace::server {

void PartHistory::Add(WallTime now, const std::map<std::string, PartSample>& samples) {
  const std::lock_guard lock(mutex_);
  for (const auto& [part, sample] : samples) {
    Ring& ring = parts_[part];
    if (ring.samples.size() < kHistorySamplesMax) {
      ring.samples.push_back(sample);
      ring.samples.back().at_ms = now.millis();
      continue;
    }
    ring.samples[ring.next] = sample;
    ring.samples[ring.next].at_ms = now.millis();
    ring.next = (ring.next + 1) % kHistorySamplesMax;
  }
}

std::vector<PartSample> PartHistory::Of(const std::string& part) const {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find(part);
  if (found == parts_.end()) return {};
  std::vector<PartSample> samples = found->second.samples;
  std::rotate(samples.begin(), samples.begin() + static_cast<std::ptrdiff_t>(found->second.next), samples.end());
  return samples;
}

}  // namespace tailrace::server
