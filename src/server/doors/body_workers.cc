#include "server/doors/body_workers.h"

#include <pthread.h>

#include <utility>

namespace tailrace::server {

BodyWorkers::BodyWorkers(std::vector<std::unique_ptr<RecordReader>> readers) : readers_(std::move(readers)) {}

BodyWorkers::~BodyWorkers() { Stop(); }

void BodyWorkers::Start() {
  for (const auto& reader : readers_) {
    threads_.emplace_back([this, &reader = *reader](const std::stop_token& stop) {
      pthread_setname_np(pthread_self(), "bodies");
      Run(reader, stop);
    });
  }
}

void BodyWorkers::Stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
  std::lock_guard lock(mutex_);
  waiting_.clear();
}

void BodyWorkers::Post(Work work) {
  std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
  changed_.notify_one();
}

void BodyWorkers::Run(RecordReader& reader, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    work(reader);
    work = nullptr;  // what it holds is let go here, not under the lock
    lock.lock();
  }
}

}  // namespace tailrace::server
