// Computes what dashboards show before somebody looks, when there is nothing else to do.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "server/dashboards/commit_versions.h"
#include "server/http/executor.h"

namespace tailrace::server {

// Every dashboard once after the start, and after commits those that somebody looked at a while ago; tile by tile, one at a time, and only
// once nothing has been committed into what it reads for a second: under a steady stream nothing is computed that nobody sees.
//
// Threads: Looked from any; the rest on the loop. Ownership: borrows the clock and the loop.
class TileWarmer {
 public:
  struct Dashboard {
    MadeFrom made_from;  // of all its tiles
    size_t tiles = 0;
  };
  // Has a tile computed, and calls `done` once, from any thread.
  using Warm = std::function<void(size_t dashboard, size_t tile, std::function<void()> done)>;

  TileWarmer(const std::vector<Dashboard>& dashboards, Warm warm, Clock& clock, Executor& loop);
  ~TileWarmer();

  void Looked(size_t dashboard);

  // Often: looks twice a second at most.
  void Tick(const Progress& progress);

 private:
  static constexpr std::chrono::milliseconds kBetweenLooks{500};
  static constexpr std::chrono::milliseconds kQuiet{1'000};
  static constexpr std::chrono::minutes kRemembered{10};

  struct State;

  void WarmNext();

  const Warm warm_;
  Clock& clock_;
  Executor& loop_;
  std::vector<std::unique_ptr<State>> states_;
  std::deque<std::pair<size_t, size_t>> waiting_;  // dashboard and tile
  bool busy_ = false;                              // one is being computed
  std::chrono::steady_clock::time_point looked_at_{};
};

}  // namespace tailrace::server
