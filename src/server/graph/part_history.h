// The numbers of each part of the pipeline over the last half hour, in memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"

namespace tailrace::server {

// Between two samples of a part, and how many of them are kept: the last half hour.
inline constexpr std::chrono::milliseconds kHistoryEvery{5'000};
inline constexpr size_t kHistorySamplesMax = 360;

// Totals since ever, of which the reader makes rates, and how it stood then.
struct PartSample {
  int64_t at_ms = 0;
  int64_t total = 0;    // records that came into it; requests of an API; 1 while an alert fires
  int64_t refused = 0;  // of them, or before it, to the dead letters
  int64_t in_flight = 0;
  double lag_seconds = 0;

  bool operator==(const PartSample&) const = default;
};

// Threads: thread-safe. 40 bytes a sample, so 14 KB a part; nothing is kept over a restart.
class PartHistory {
 public:
  // One look at every part, by its name in the graph. Parts that are not among them keep what they have.
  void Add(WallTime now, const std::map<std::string, PartSample>& samples);

  // The oldest first.
  std::vector<PartSample> Of(const std::string& part) const;

 private:
  struct Ring {
    std::vector<PartSample> samples;  // in a circle, once it is full
    size_t next = 0;                  // where the oldest stands then
  };

  mutable std::mutex mutex_;
  std::map<std::string, Ring> parts_;
};

}  // namespace tailrace::server
