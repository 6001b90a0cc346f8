// Brings the ends of appends from the log's writer threads to a loop, and wakes it once for all that ended meanwhile.
#pragma once

#include <atomic>
#include <functional>

#include "server/doors/ingest_call.h"
#include "server/http/executor.h"

namespace tailrace::server {

// Threads: Push from any; `ended` is called on the loop's thread, in the order of the pushes.
class AppendCompletions {
 public:
  AppendCompletions(Executor& loop, std::function<void(AppendPart&)> ended) : loop_(loop), ended_(std::move(ended)) {}

  void Push(AppendPart* part) {
    AppendPart* head = newest_.load(std::memory_order_relaxed);
    do {
      part->next = head;
    } while (!newest_.compare_exchange_weak(head, part, std::memory_order_release, std::memory_order_relaxed));
    if (head == nullptr) loop_.Post([this] { Drain(); });
  }

 private:
  void Drain() {
    AppendPart* part = Reversed(newest_.exchange(nullptr, std::memory_order_acquire));
    while (part != nullptr) {
      AppendPart* const next = part->next;  // the part may be in use again once it has ended
      ended_(*part);
      part = next;
    }
  }

  static AppendPart* Reversed(AppendPart* newest) {
    AppendPart* oldest = nullptr;
    while (newest != nullptr) {
      AppendPart* const older = newest->next;
      newest->next = oldest;
      oldest = newest;
      newest = older;
    }
    return oldest;
  }

  Executor& loop_;
  const std::function<void(AppendPart&)> ended_;
  std::atomic<AppendPart*> newest_{nullptr};
};

}  // namespace tailrace::server
