// A thread with its own event loop and its own connections.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "base/clock.h"
#include "server/executor.h"

namespace tailrace::server {

class Connection;

// Threads: Start and Stop from one; Post from any; the rest from the loop's own.
class Loop final : public Executor {
 public:
  Loop(size_t index, Clock& clock);
  ~Loop() override;

  void Start();
  // Ends the thread; what was posted and has not run is dropped. Twice is fine.
  void Stop();

  void Post(std::function<void()> work) override;
  void After(std::chrono::milliseconds delay, std::function<void()> work) override;
  size_t index() const override { return index_; }

  boost::asio::io_context& context() { return context_; }
  Clock& clock() { return clock_; }
  std::string_view date() const { return date_; }  // for reply headers, of this second

  // Connections that want to hear of the passing of time.
  void Register(Connection* connection) { connections_.insert(connection); }
  void Unregister(Connection* connection) { connections_.erase(connection); }
  // Calls `visit` for each; it may end the connection.
  void ForEachConnection(const std::function<void(Connection&)>& visit);

 private:
  void Tick();

  const size_t index_;
  Clock& clock_;
  std::unordered_set<Connection*> connections_;  // outlives the context, whose pending work may hold the last of them
  boost::asio::io_context context_;
  boost::asio::steady_timer ticker_;
  std::string date_;
  std::jthread thread_;
};

}  // namespace tailrace::server
