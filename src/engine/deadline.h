// Stop tokens that go by time as well.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

namespace tailrace::engine {

// A stop token that also asks to stop after some time. Threads: token() and has_passed() from any. By the machine's clock, whatever clock the rest goes by: it bounds real work.
class Deadline {
 public:
  Deadline(std::chrono::milliseconds patience, const std::stop_token& outer)
      : from_outside_(outer, [this] { source_.request_stop(); }), timer_([this, patience](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          if (never_.wait_for(lock, over, patience, [] { return false; }) || over.stop_requested()) return;
          has_passed_ = true;
          source_.request_stop();
        }) {}

  std::stop_token token() const { return source_.get_token(); }
  bool has_passed() const { return has_passed_; }

 private:
  std::stop_source source_;
  std::atomic<bool> has_passed_{false};
  std::mutex mutex_;
  std::condition_variable_any never_;
  std::stop_callback<std::function<void()>> from_outside_;
  std::jthread timer_;
};

// A stop token that asks to stop some time after another one does: for what is better brought to its end once it has begun. Threads: token() from any.
class Grace {
 public:
  Grace(std::chrono::milliseconds patience, const std::stop_token& outer)
      : timer_([this, patience, outer](const std::stop_token& over) {
          const std::stop_callback woken(outer, [this] {
            const std::lock_guard lock(mutex_);
            changed_.notify_all();
          });
          std::unique_lock lock(mutex_);
          if (!changed_.wait(lock, over, [&outer] { return outer.stop_requested(); })) return;
          if (changed_.wait_for(lock, over, patience, [] { return false; }) || over.stop_requested()) return;
          source_.request_stop();
        }) {}

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread timer_;
};

}  // namespace tailrace::engine
