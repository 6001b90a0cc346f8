#include "http_client/testing/local_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <algorithm>
#include <span>

namespace tailrace::http_client {
namespace {

// A whole request stands in `text`: its head, and as much body as Content-Length says.
bool IsWhole(const std::string& text) {
  const size_t head = text.find("\r\n\r\n");
  if (head == std::string::npos) return false;
  std::string lower = text.substr(0, head);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const size_t length = lower.find("content-length: ");
  const size_t body = length == std::string::npos ? 0 : std::stoul(lower.substr(length + 16));
  return text.size() >= head + 4 + body;
}

}  // namespace

LocalServer::LocalServer(Answer answer, std::shared_ptr<const crypto::TlsServerContext> tls)
    : answer_(std::move(answer)), tls_(std::move(tls)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_, 16), 0);
  EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this] { Serve(); });
}

LocalServer::~LocalServer() {
  ::shutdown(listener_, SHUT_RDWR);
  thread_.join();
  ::close(listener_);
}

std::string LocalServer::Url(const std::string& path) const { return fmt::format("http://127.0.0.1:{}{}", port_, path); }

std::vector<std::string> LocalServer::requests() const {
  std::lock_guard lock(mutex_);
  return requests_;
}

void LocalServer::Serve() {
  while (true) {
    const int connection = ::accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    ServeOne(connection);
    ::close(connection);
  }
}

void LocalServer::ServeOne(int connection) {
  std::unique_ptr<crypto::TlsSession> session;
  if (tls_ != nullptr) {
    auto accepted = tls_->Accept(connection);
    if (!accepted) return;
    session = std::move(*accepted);
  }
  std::string request;
  std::array<char, 4096> buffer;
  while (!IsWhole(request)) {
    ssize_t got = 0;
    if (session == nullptr) {
      got = ::recv(connection, buffer.data(), buffer.size(), 0);
    } else if (const auto read = session->Read(buffer); read.state == crypto::TlsState::kMoved) {
      got = static_cast<ssize_t>(read.bytes);
    }
    if (got <= 0) return;
    request.append(buffer.data(), static_cast<size_t>(got));
  }
  const std::string answer = answer_(request);
  {
    std::lock_guard lock(mutex_);
    requests_.push_back(request);
  }
  if (session != nullptr) {
    for (std::string_view rest = answer; !rest.empty();) {
      const auto written = session->Write(rest);
      if (written.state != crypto::TlsState::kMoved) return;
      rest.remove_prefix(written.bytes);
    }
    session->Close();
  } else {
    for (std::string_view rest = answer; !rest.empty();) {
      const ssize_t sent = ::send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<size_t>(sent));
    }
  }
}

std::string Http(int status, const std::string& body, const std::string& headers) {
  return fmt::format("HTTP/1.1 {} x\r\n{}Content-Length: {}\r\n\r\n{}", status, headers, body.size(), body);
}

}  // namespace tailrace::http_client
