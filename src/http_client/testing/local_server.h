// A server of a test's own, on a free port of 127.0.0.1.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "crypto/tls.h"

namespace tailrace::http_client {

// Reads one request from each connection, sends what `answer` makes of it, byte for byte, and closes. Ends when destroyed.
class LocalServer {
 public:
  using Answer = std::function<std::string(const std::string& request)>;

  explicit LocalServer(Answer answer, std::shared_ptr<const crypto::TlsServerContext> tls = nullptr);
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;

  uint16_t port() const { return port_; }
  // "http://127.0.0.1:PORT" + path
  std::string Url(const std::string& path) const;
  // Those that have been answered, in their order.
  std::vector<std::string> requests() const;

 private:
  void Serve();
  void ServeOne(int connection);

  const Answer answer_;
  const std::shared_ptr<const crypto::TlsServerContext> tls_;
  int listener_ = -1;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // protected by mutex_
  std::jthread thread_;
};

// "HTTP/1.1 STATUS x", the header lines, Content-Length, and the body.
std::string Http(int status, const std::string& body, const std::string& headers = "");

}  // namespace tailrace::http_client
