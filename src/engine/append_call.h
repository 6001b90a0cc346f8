// An append that its caller waits for.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

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

// A record that is appended at most once under its key.
struct NamedValue {
  std::string key;
  std::string value;
};

// One append each, in their order, because the key that makes it idempotent belongs to one append; they share group commits. Waits for all.
// Of several errors the first; what was appended before it stays.
Status AppendEach(EventLog& log, StreamId stream, const std::vector<NamedValue>& values);

// Submit and Wait in one.
Result<Appended> AppendAndWait(EventLog& log, const AppendRequest& request);

}  // namespace tailrace::engine
