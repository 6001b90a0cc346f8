// GET /dashboards/NAME/events: tells pages which tiles to ask for again, as server-sent events.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/dashboards/commit_versions.h"
#include "server/http/exchange.h"
#include "server/options.h"
#include "server/services.h"

namespace tailrace::server {

// What a page that shows the dashboard has to hear of.
struct WatchedTile {
  std::string name;
  MadeFrom made_from;
  bool changes_by_itself = false;
};

// Event `commit`, {"tiles": [names], "as_of": {...}}: once when it is opened, with all tiles ("first": true), then when a commit changed what
// they read, at most four times a second. A tile that changes by itself is named every two seconds. A client that does not read gets no more
// events until it does; the next one names all that changed meanwhile.
//
// Threads: Open on the loop of its exchange, Tick on the hub's; what subscribes runs where something is committed.
class DashboardEvents {
 public:
  DashboardEvents(const Services& services, const Limits& limits, Executor& loop);
  ~DashboardEvents();

  // `tiles` must outlive this. 503 when too many are open.
  void Open(const ExchangePtr& exchange, const std::vector<WatchedTile>& tiles);

  // Now and then: for what had to wait, and signs of life.
  void Tick();

 private:
  static constexpr std::chrono::milliseconds kBetweenEvents{250};
  static constexpr std::chrono::milliseconds kByItself{2'000};

  struct Page;
  using PagePtr = std::shared_ptr<Page>;

  void OnCommit();
  void PumpAll();
  void Pump(const PagePtr& page, const CommitVersions& versions);
  void Remove(const PagePtr& page);

  const Services& services_;
  const Limits& limits_;
  Executor& loop_;
  std::atomic<size_t> count_{0};
  std::atomic<bool> pump_posted_{false};
  std::mutex mutex_;
  std::vector<PagePtr> pages_;  // protected by mutex_
};

}  // namespace tailrace::server
