// Takes connections and hands them to the loops in turn.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "server/http/connection.h"
#include "server/http/loop.h"

namespace tailrace::server {

// Threads: Open before the loops start; Close on the first loop's thread, or after it ended.
class Listener {
 public:
  Listener(std::vector<std::unique_ptr<Loop>>& loops, ConnectionShared& shared, Metrics& metrics);

  // kUnavailable: the address cannot be listened on.
  Status Open(const std::string& host, uint16_t port);
  void Close();

  boost::asio::ip::tcp::endpoint endpoint() const { return endpoint_; }

 private:
  void Accept();
  void TakeThoseWaiting();
  Loop& NextLoop() { return *loops_[turn_++ % loops_.size()]; }
  void Take(boost::asio::ip::tcp::socket socket, Loop& loop);

  std::vector<std::unique_ptr<Loop>>& loops_;
  ConnectionShared& shared_;
  Counter& accepted_;
  Counter& refused_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::ip::tcp::endpoint endpoint_;
  size_t turn_ = 0;
};

}  // namespace tailrace::server
