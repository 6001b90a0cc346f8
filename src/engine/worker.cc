#include "engine/worker.h"

#include <future>
#include <utility>

namespace tailrace::engine {
namespace {

constexpr std::chrono::milliseconds kBetweenLooksAtTheEnd{100};

}  // namespace

Worker::Worker(WorkerLimits limits, Take take, Idle idle, BeforeTask before_task)
    : queue_(limits.queue_batches_max, limits.queue_bytes_max),
      take_(std::move(take)),
      idle_(std::move(idle)),
      before_task_(std::move(before_task)) {}

void Worker::Start() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    Run(stop);
    ended_ = true;
  });
}

void Worker::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

bool Worker::Push(WorkItem item, const std::stop_token& stop) {
  const size_t bytes = item.batch == nullptr ? 0 : item.batch->run.bytes;
  return queue_.Push(std::move(item), bytes, stop);
}

Status Worker::RunThere(const std::function<Status()>& task, const std::stop_token& stop) {
  const auto outcome = std::make_shared<std::promise<Status>>();
  std::future<Status> done = outcome->get_future();
  WorkItem item;
  item.task = [task, outcome] { outcome->set_value(task()); };
  if (!Push(std::move(item), stop)) return Fail(Error::Cancelled("stopping"));
  // A task that the thread did not come to is never run, so nothing refers to the caller any more.
  while (done.wait_for(kBetweenLooksAtTheEnd) != std::future_status::ready) {
    if (ended_ && done.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      return Fail(Error::Cancelled("stopping"));
    }
  }
  return done.get();
}

void Worker::Wake() { queue_.PushIfEmpty({}); }

void Worker::Run(const std::stop_token& stop) {
  bool waited = false;
  while (!stop.stop_requested()) {
    const auto again = queue_.size() > 0 ? std::nullopt : idle_(waited);
    auto item = again ? queue_.PopFor(*again, stop) : queue_.Pop(stop);
    waited = !item.has_value();
    if (!item || stop.stop_requested()) continue;
    if (item->task) {
      before_task_();
      item->task();
    } else if (item->batch != nullptr) {
      take_(*item, stop);
    }
  }
}

}  // namespace tailrace::engine
