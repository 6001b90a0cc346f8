// GET /settings, GET and POST /keys, DELETE /keys/{id}, GET /pipeline, POST /pipeline/check.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/metrics.h"
#include "server/http/read_pool.h"
#include "server/http/router.h"
#include "server/options.h"
#include "server/settings.h"

namespace tailrace::server {

// A file that is checked for somebody: longer ones are checked by the command.
inline constexpr size_t kCheckedBytesMax = size_t{1} << 20;
inline constexpr std::chrono::milliseconds kCheckTimeout{10'000};
inline constexpr size_t kChecksWaitingMax = 8;
// Members of POST /keys, and names in its lists.
inline constexpr size_t kKeyNamesMax = 1'000;

// Its threads are not those of queries: neither holds up the other. Threads: each call on the loop of its exchange; Start, Stop and KeepHouse
// as ReadPool. Ownership: borrows what it is made with.
class SettingsDoor {
 public:
  // Without `settings` its routes answer 501.
  SettingsDoor(Settings* settings, const Limits& limits, Clock& clock, Metrics& metrics);

  std::vector<RouteSpec> Routes();

  void Start();
  void Stop();
  void KeepHouse() {
    pool_.StopOverdue();
    checks_.StopOverdue();
  }

 private:
  void Run(ReadPool& pool, const ExchangePtr& exchange, std::function<Result<std::string>(Settings&, const std::stop_token&)> work, int status = 200);
  void AddKey(const ExchangePtr& exchange);
  void RevokeKey(const ExchangePtr& exchange);
  void Check(const ExchangePtr& exchange);

  Settings* const settings_;
  const Limits check_limits_;
  ReadPool pool_;
  ReadPool checks_;
};

}  // namespace tailrace::server
