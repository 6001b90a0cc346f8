// Threads that read large bodies, so that the loop goes on with its other clients.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/doors/record_reader.h"

namespace tailrace::server {

// Threads: thread-safe, but for Start and Stop. The queue is bounded by the memory set aside for bodies: what is in it has its share.
class BodyWorkers {
 public:
  using Work = std::function<void(RecordReader& reader)>;

  // A thread for each reader.
  explicit BodyWorkers(std::vector<std::unique_ptr<RecordReader>> readers);
  ~BodyWorkers();

  void Start();
  // What waits is dropped. Twice is fine.
  void Stop();

  void Post(Work work);

 private:
  void Run(RecordReader& reader, const std::stop_token& stop);

  const std::vector<std::unique_ptr<RecordReader>> readers_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Work> waiting_;  // protected by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace tailrace::server
