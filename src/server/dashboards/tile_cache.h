// Answers of tiles, kept until what they read has changed; equal questions that are asked at once are computed once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "server/http/reply.h"

namespace tailrace::server {

struct TileQuestion {
  std::string key;      // the tile, its parameters in canonical text, and the form of the answer
  std::string version;  // of what it reads, taken before the question is asked; another version is another answer
  bool changes_by_itself = false;  // no version says when the answer changes: it is kept for a second at most
};

struct TileAnswer {
  Reply reply;
  std::string tag;  // of its content, as an ETag; empty when the question was not answered
};
using TileAnswerPtr = std::shared_ptr<const TileAnswer>;

// Least recently used answers go when they are more than `bytes_max`; an answer larger than a quarter of that is not kept.
//
// An answer is computed after its version was looked up, so it may be newer than that version, and is never older: it is asked for again
// once the new version is known.
//
// Threads: thread-safe. `compute` runs where `post` runs it; `take` is called once, by the caller of Ask or where the answer is
// computed, never under a lock. Ownership: borrows the clock; Stop before what posted work is destroyed.
class TileCache {
 public:
  using Compute = std::function<Reply(std::stop_token stop)>;
  using Take = std::function<void(TileAnswerPtr)>;
  // Hands work to another thread; `stop` is requested when it takes too long. False: too many wait already.
  using Post = std::function<bool(std::function<void(std::stop_token stop)> work)>;

  TileCache(size_t bytes_max, Post post, Clock& clock, Metrics& metrics);
  ~TileCache();

  // `gone` is requested when nobody waits for this answer any more: what nobody waits for is told to stop.
  void Ask(const TileQuestion& question, Compute compute, std::stop_token gone, Take take);

  // Forgets who waits. Twice is fine.
  void Stop();

  size_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::chrono::milliseconds kKeptByItself{1'000};
  // An entry beside its texts.
  static constexpr size_t kEntryBytes = 512;

  struct Entry {
    std::string key;
    std::string version;
    TileAnswerPtr answer;
    std::chrono::steady_clock::time_point made_at;
    size_t bytes = 0;
  };
  struct Waiter;
  struct Flight;
  using FlightPtr = std::shared_ptr<Flight>;

  TileAnswerPtr Find(const TileQuestion& question);  // under mutex_
  void Keep(const TileQuestion& question, TileAnswerPtr answer, std::chrono::steady_clock::time_point asked_at);
  void Drop(std::list<Entry>::iterator entry);       // under mutex_
  void Finish(const FlightPtr& flight, TileAnswerPtr answer);
  void Leave(const FlightPtr& flight);
  static std::string NameOf(const TileQuestion& question);

  const size_t bytes_max_;
  const Post post_;
  Clock& clock_;
  Counter& hits_;
  Counter& joined_;
  Counter& misses_;
  Counter& evicted_;
  std::atomic<size_t> bytes_{0};

  std::mutex mutex_;
  std::list<Entry> entries_;                                       // protected by mutex_; the one used last is the first
  std::map<std::string, std::list<Entry>::iterator, std::less<>> by_key_;  // protected by mutex_
  std::map<std::string, FlightPtr, std::less<>> flights_;          // protected by mutex_; by key and version
  bool stopped_ = false;                                           // protected by mutex_
};

}  // namespace tailrace::server
