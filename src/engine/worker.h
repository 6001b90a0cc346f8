// A thread that takes batches for one kind of materialisation, in order.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/result.h"
#include "engine/stream_feed.h"

namespace tailrace::engine {

struct WorkItem {
  std::shared_ptr<const DecodedBatch> batch;
  std::vector<std::string> names;       // materialisations of this worker's kind
  std::function<void()> task;           // instead of a batch: something that must run on the worker's thread
};

struct WorkerLimits {
  size_t queue_batches_max = 2;
  size_t queue_bytes_max = size_t{32} << 20;
};

// Of stored rows: while one row group is committed, the rows of the next are decoded.
inline constexpr size_t kRowsQueueBatchesMax = 8;
inline constexpr size_t kRowsQueueBytesMax = size_t{64} << 20;

// Threads: Push from any; `take`, `idle` and `before_task` run on the worker's own thread. Start and Stop from one thread; Stop twice is fine.
class Worker {
 public:
  using Take = std::function<void(const WorkItem&, const std::stop_token&)>;
  // Runs when the queue is empty; returns when to run again if nothing comes, nullopt for not before the next item.
  using Idle = std::function<std::optional<std::chrono::milliseconds>(bool waited)>;

  // Brings to an end what was taken: a task comes after it.
  using BeforeTask = std::function<void()>;

  Worker(WorkerLimits limits, Take take, Idle idle, BeforeTask before_task = [] {});

  void Start();
  // Batches still queued are dropped: they are in the log, and their positions are not committed.
  void Stop();

  bool Push(WorkItem item, const std::stop_token& stop);

  // Runs `task` on the worker's thread, after what is queued, and waits for it. kCancelled when the worker stopped first.
  Status RunThere(const std::function<Status()>& task, const std::stop_token& stop);

  // Lets `idle` run soon.
  void Wake();

 private:
  void Run(const std::stop_token& stop);

  BoundedQueue<WorkItem> queue_;
  const Take take_;
  const Idle idle_;
  const BeforeTask before_task_;
  std::atomic<bool> ended_{false};
  std::jthread thread_;
};

}  // namespace tailrace::engine
