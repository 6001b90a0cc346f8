// A thread with its own event loop and its own connections.
//
// The sockets of the connections are not Asio's: it would try each to read once more after every request, a system call for
// nothing. They stand in an epoll set of the loop's own, edge-triggered, which Asio watches as one descriptor.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "server/http/executor.h"

namespace tailrace::server {

class Connection;

// What has become of a socket since the last time.
struct SocketNews {
  bool readable = false;
  bool writable = false;
  bool ended = false;     // the other side sends no more, or the connection is broken
};

// Threads: Start and Stop from one; Post from any; the rest from the loop's own.
class Loop final : public Executor {
 public:
  Loop(size_t index, Clock& clock);
  ~Loop() override;

  // kUnavailable: no timer of the loop ever ends, so that no deadline would be kept. Asio does not say when the kernel has refused it
  // the timers' descriptor. Before Start, and before anything is posted.
  Status CheckTimers();
  void Start();
  // Ends the thread; what was posted and has not run is dropped. Twice is fine.
  void Stop();

  void Post(std::function<void()> work) override;
  void After(std::chrono::milliseconds delay, std::function<void()> work) override;
  size_t index() const override { return index_; }

  boost::asio::io_context& context() { return context_; }
  Clock& clock() { return clock_; }
  std::string_view date() const { return date_; }  // for reply headers, of this second

  // For how long what is read at `now` may have been waiting for its turn: since the sockets that are being served were found ready.
  // Nothing while there are so few that a processor taken away for a moment explains it.
  std::chrono::nanoseconds Waited(std::chrono::steady_clock::time_point now) const {
    return ready_.size() < kCrowd ? std::chrono::nanoseconds(0) : now - round_began_;
  }

  // Keeps the connection, and tells it when its socket is ready and that time passes, until Remove.
  void Add(std::shared_ptr<Connection> connection);
  void Remove(Connection* connection) { connections_.erase(connection); }
  // Calls `visit` for each; it may end the connection.
  void ForEachConnection(const std::function<void(Connection&)>& visit);

 private:
  void Tick();
  void AwaitSockets();
  void OnSockets();
  void FindReady();
  void ServeReady();

  const size_t index_;
  Clock& clock_;
  std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;  // outlives the context, whose pending work may hold some
  boost::asio::io_context context_;
  boost::asio::posix::stream_descriptor sockets_;  // the epoll set
  static constexpr size_t kCrowd = 512;

  struct Ready {
    Connection* connection = nullptr;
    SocketNews news;
  };
  std::vector<Ready> ready_;  // those from ready_at_ on have not been served
  size_t ready_at_ = 0;
  std::chrono::steady_clock::time_point round_began_{};
  boost::asio::steady_timer ticker_;
  std::string date_;
  std::jthread thread_;
};

}  // namespace tailrace::server
