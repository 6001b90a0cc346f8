// A queue between two threads that is bounded in bytes and in items, and always admits one item, so that one larger than the
// bound still passes.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

namespace tailrace {

// Threads: thread-safe; any number of producers and consumers.
template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(size_t items_max, size_t bytes_max) : items_max_(items_max), bytes_max_(bytes_max) {}

  // Waits for room. False when `stop` was requested first: the item was not taken.
  bool Push(T item, size_t bytes, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return HasRoom(bytes); })) return false;
    items_.emplace_back(std::move(item), bytes);
    bytes_ += bytes;
    changed_.notify_all();
    return true;
  }

  // Takes the item only when nothing is queued: for a wake-up that is needless while there is work.
  void PushIfEmpty(T item) {
    std::lock_guard lock(mutex_);
    if (!items_.empty()) return;
    items_.emplace_back(std::move(item), 0);
    changed_.notify_all();
  }

  // Waits for an item. Nullopt when `stop` was requested and nothing is left.
  std::optional<T> Pop(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait(lock, stop, [&] { return !items_.empty(); })) return std::nullopt;
    return TakeFront();
  }

  // As Pop, but gives up after `patience`.
  template <typename Duration>
  std::optional<T> PopFor(Duration patience, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, stop, patience, [&] { return !items_.empty(); })) return std::nullopt;
    return TakeFront();
  }

  size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  bool HasRoom(size_t bytes) const {
    return items_.empty() || (items_.size() < items_max_ && bytes_ + bytes <= bytes_max_);
  }

  std::optional<T> TakeFront() {
    std::optional<T> item(std::move(items_.front().first));
    bytes_ -= items_.front().second;
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  const size_t items_max_;
  const size_t bytes_max_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<T, size_t>> items_;  // protected by mutex_
  size_t bytes_ = 0;                        // protected by mutex_
};

}  // namespace tailrace
