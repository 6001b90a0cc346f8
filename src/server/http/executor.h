// Somewhere that work can be handed to.
#pragma once

#include <chrono>
#include <functional>

namespace tailrace::server {

// The thread that owns a set of connections. Threads: Post from any; the rest from its own thread.
class Executor {
 public:
  virtual ~Executor() = default;

  // Runs `work` on the thread, soon; in the order of the calls of one caller. After the end of the loop it is dropped.
  virtual void Post(std::function<void()> work) = 0;

  // Runs `work` on the thread, after a time that does not have to be exact.
  virtual void After(std::chrono::milliseconds delay, std::function<void()> work) = 0;

  // Which of the threads it is, from 0.
  virtual size_t index() const = 0;
};

}  // namespace tailrace::server
