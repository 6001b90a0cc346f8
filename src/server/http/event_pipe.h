// Server-sent events from a thread that makes them to a client that may read slowly, in bounded memory.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>

#include "server/http/exchange.h"

namespace tailrace::server {

// Threads: Begin on the loop of the exchange; Send and End from one other thread.
class EventPipe : public std::enable_shared_from_this<EventPipe> {
 public:
  // Made once the answer is to be a stream of events; begins it.
  static std::shared_ptr<EventPipe> Begin(const ExchangePtr& exchange, Clock& clock);

  // Waits while the client has not taken what came before; false when it has left, or `stop` came.
  bool Send(std::string_view event, std::string_view data, const std::stop_token& stop);

  // Nothing more comes.
  void End();

  // Requested when the client has left.
  std::stop_token gone() const { return gone_.get_token(); }

 private:
  static constexpr size_t kWaitingBytesMax = 256 << 10;
  static constexpr std::chrono::milliseconds kBetweenTries{20};
  // So often at least something is written, which is how a client that has left is noticed.
  static constexpr std::chrono::milliseconds kSignOfLife{1'000};

  EventPipe(const ExchangePtr& exchange, Clock& clock)
      : exchange_(exchange), loop_(exchange->loop()), clock_(clock) {}
  void Drain();
  void KeepAlive();
  void Leave();

  ExchangePtr exchange_;  // the loop's; null once the stream has ended
  Executor& loop_;
  Clock& clock_;
  std::chrono::steady_clock::time_point last_written_{};  // the loop's
  std::stop_source gone_;
  std::mutex mutex_;
  std::condition_variable_any taken_;
  std::string waiting_;   // protected by mutex_
  bool posted_ = false;   // protected by mutex_
  bool ended_ = false;    // protected by mutex_
};

}  // namespace tailrace::server
