#include "server/http/read_pool.h"

#include <pthread.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace tailrace::server {
namespace {

struct RequestStop {
  std::stop_source stop;
  void operator()() { stop.request_stop(); }
};

}  // namespace

ReadPool::ReadPool(std::string_view name, int threads, const Limits& limits, Clock& clock, Metrics& metrics)
    : threads_count_(threads),
      limits_(limits),
      clock_(clock),
      waiting_gauge_(metrics.AddGauge("tailrace_reads_waiting", "Queries that wait for a reader thread.", {{"pool", std::string(name)}})) {}

ReadPool::~ReadPool() { Stop(); }

void ReadPool::Start() {
  for (int i = 0; i < threads_count_; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) {
      pthread_setname_np(pthread_self(), "reader");
      Work(stop);
    });
  }
}

void ReadPool::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    waiting_.clear();
    for (const auto& job : running_) job->stop.request_stop();
  }
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

bool ReadPool::Enqueue(std::shared_ptr<Job> job) {
  job->deadline = clock_.Monotonic() + limits_.query_timeout;
  std::lock_guard lock(mutex_);
  if (stopped_ || waiting_.size() >= limits_.reads_waiting_max) return false;
  waiting_.push_back(std::move(job));
  waiting_gauge_.Set(static_cast<int64_t>(waiting_.size()));
  changed_.notify_one();
  return true;
}

bool ReadPool::TryPost(std::function<void(std::stop_token)> run) {
  auto job = std::make_shared<Job>();
  job->run = std::move(run);
  return Enqueue(std::move(job));
}

void ReadPool::Run(const ExchangePtr& exchange, ReadWork work) {
  auto job = std::make_shared<Job>();
  const auto on_gone = std::make_shared<std::stop_callback<RequestStop>>(exchange->Gone(), RequestStop{job->stop});
  job->run = [this, exchange, on_gone, work = std::move(work), own = std::weak_ptr<Job>(job)](std::stop_token stop) {
    Reply reply = work(std::move(stop));
    const auto finished = own.lock();
    if (finished && reply.status >= 400 && IsOverdue(*finished)) {
      reply = ErrorReply(504, "timeout", "the query took longer than " + std::to_string(limits_.query_timeout.count()) + " ms");
    }
    exchange->loop().Post([exchange, reply = std::move(reply)]() mutable { exchange->Send(std::move(reply)); });
  };
  if (!Enqueue(job)) exchange->Send(BusyReply("too many queries are waiting"));
}

bool ReadPool::IsOverdue(const Job& job) {
  std::lock_guard lock(mutex_);
  return job.overdue;
}

void ReadPool::StopOverdue() {
  const auto now = clock_.Monotonic();
  std::lock_guard lock(mutex_);
  for (const auto& job : running_) {
    if (now < job->deadline) continue;
    job->overdue = true;
    job->stop.request_stop();
  }
}

void ReadPool::Work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    const std::shared_ptr<Job> job = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_gauge_.Set(static_cast<int64_t>(waiting_.size()));
    running_.push_back(job);
    lock.unlock();
    job->run(job->stop.get_token());
    job->run = nullptr;  // what it holds is let go here, not under the lock
    lock.lock();
    std::erase(running_, job);
  }
}

}  // namespace tailrace::server
