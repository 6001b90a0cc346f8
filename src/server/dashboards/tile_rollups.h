// Groups of rows behind tiles, formed when nothing else is to be done, so that another filter does not read all rows again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "ports/rollup.h"

namespace tailrace::server {

// One rollup for a tile, of the last version it was made for. Making them takes a twentieth of the time at most.
//
// Threads: thread-safe. Ownership: borrows all it is given.
class TileRollups {
 public:
  // `maker` null: there are none. All hold `groups_max` groups together.
  TileRollups(RollupMaker* maker, int64_t groups_max, Clock& clock, Metrics& metrics);
  ~TileRollups();

  // Null: there is none of this version.
  RollupPtr Find(const std::string& tile, const std::string& version) const;

  // Whether Make would do anything now.
  bool IsDue(const std::string& tile, const std::string& version) const;

  // Makes the rollup of a tile from its query, with any values of its parameters. `version` was looked up before. A query that none can be
  // made of is not looked at again. One at a time; it takes as long as reading all rows does.
  void Make(const std::string& tile, const std::string& version, const QueryRequest& query, const std::stop_token& stop);

 private:
  // As long as this the rows may be read for each question.
  static constexpr int64_t kRowsMin = 1'000'000;
  static constexpr int kRestFactor = 20;

  struct Kept {
    std::string version;
    RollupPtr rollup;  // null: none could be made
    std::chrono::steady_clock::time_point next_at{};
  };

  int64_t GroupsOfOthers(const std::string& tile) const;  // under mutex_

  RollupMaker* const maker_;
  const int64_t groups_max_;
  Clock& clock_;
  Gauge& groups_gauge_;

  mutable std::mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_;  // by tile; protected by mutex_
};

}  // namespace tailrace::server
