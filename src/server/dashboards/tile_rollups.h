// Groups of rows behind tiles, formed when nothing else is to be done, so that another filter does not read all rows again.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "ports/rollup.h"

namespace tailrace::server {

// The rollups of each tile, of the last version they were made for: one that answers every question, or, where that would have too many groups,
// those that each answer some. Making them takes a twentieth of the time at most.
//
// Threads: thread-safe. Ownership: borrows all it is given.
class TileRollups {
 public:
  // `maker` null: there are none. All hold `groups_max` groups together.
  TileRollups(RollupMaker* maker, int64_t groups_max, Clock& clock, Metrics& metrics);
  ~TileRollups();

  // Null: there is none of this version that answers for these values.
  RollupPtr Find(const std::string& tile, const std::string& version, const std::vector<QueryParameter>& parameters) const;

  // Whether Make would do anything now.
  bool IsDue(const std::string& tile, const std::string& version) const;

  // Makes the rollup of a tile from its query, whose parameters have the values that they mostly have; where that cannot be, one for each of
  // `fixed`, which are parameters that keep these values. `version` was looked up before. A query that none can be made of is not looked at
  // again. One at a time; each takes as long as reading all rows does.
  void Make(const std::string& tile, const std::string& version, const QueryRequest& query, const std::vector<std::set<std::string>>& fixed, const std::stop_token& stop);

 private:
  // As long as this the rows may be read for each question.
  static constexpr int64_t kRowsMin = 1'000'000;
  static constexpr int kRestFactor = 20;

  struct Kept {
    std::string version;
    std::vector<RollupPtr> rollups;
    std::chrono::steady_clock::time_point next_at{};
  };

  // Whether there is one now.
  bool MakeOne(const std::string& tile, RollupRequest request, const std::stop_token& stop);
  int64_t Groups() const;  // under mutex_

  RollupMaker* const maker_;
  const int64_t groups_max_;
  Clock& clock_;
  Gauge& groups_gauge_;

  mutable std::mutex mutex_;
  std::map<std::string, Kept, std::less<>> kept_;  // by tile; protected by mutex_
};

}  // namespace tailrace::server
