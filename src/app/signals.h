// Ctrl-C and SIGTERM as a stop token.
#pragma once

#include <memory>
#include <stop_token>
#include <thread>

namespace tailrace::app {

// While it lives, SIGINT and SIGTERM ask `token` to stop; a second one ends the process at once, as if it had no
// handler. Make it before any other thread, so that all threads leave these signals to it. One at a time.
class StopOnSignals {
 public:
  StopOnSignals();
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;

  std::stop_token token() const { return stop_.get_token(); }

  // Blocks until a signal has come.
  void Wait() const;

 private:
  std::stop_source stop_;
  std::jthread listener_;
};

}  // namespace tailrace::app
