// An append that its caller waits for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>

#include "base/result.h"
#include "ports/event_log.h"

namespace tailrace::engine {

// Threads: Wait from the thread that made it. Must live until Wait has returned, once Submit succeeded.
class AppendCall final : public AppendWaiter {
 public:
  Status Submit(EventLog& log, const AppendRequest& request);

  // Blocks until the append has ended.
  Result<Appended> Wait();

  void OnAppended(const Result<Appended>& result) override;

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::optional<Result<Appended>> result_;  // protected by mutex_
};

// Submit and Wait in one.
Result<Appended> AppendAndWait(EventLog& log, const AppendRequest& request);

}  // namespace tailrace::engine
