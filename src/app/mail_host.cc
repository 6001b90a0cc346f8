#include "app/mail_host.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

namespace tailrace::app {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

constexpr std::string_view kGreeting = "220";

class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// What went wrong, or empty.
std::string WaitFor(int fd, short events, Deadline deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  pollfd waiting{fd, events, 0};
  const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
  if (ready < 0) return std::strerror(errno);
  return ready == 0 ? "no answer in time" : "";
}

std::string Connect(int fd, const addrinfo& to, Deadline deadline) {
  if (::connect(fd, to.ai_addr, to.ai_addrlen) == 0) return "";
  if (errno != EINPROGRESS) return std::strerror(errno);
  if (std::string why = WaitFor(fd, POLLOUT, deadline); !why.empty()) return why;
  int failed = 0;
  socklen_t size = sizeof failed;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0) failed = errno;
  return failed == 0 ? "" : std::strerror(failed);
}

std::string ReadGreeting(int fd, Deadline deadline) {
  std::string text;
  while (text.size() < kGreeting.size()) {
    if (std::string why = WaitFor(fd, POLLIN, deadline); !why.empty()) return why;
    std::array<char, 256> bytes{};
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (got < 0) return std::strerror(errno);
    if (got == 0) return "the connection was closed without a greeting";
    text.append(bytes.data(), static_cast<size_t>(got));
  }
  return text.starts_with(kGreeting) ? "" : "it does not greet as a mail server does";
}

std::string Reach(const addrinfo& to, bool tls_at_once, Deadline deadline) {
  const Socket socket(::socket(to.ai_family, to.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, to.ai_protocol));
  if (socket.fd() < 0) return std::strerror(errno);
  std::string why = Connect(socket.fd(), to, deadline);
  return why.empty() && !tls_at_once ? ReadGreeting(socket.fd(), deadline) : why;
}

}  // namespace

Status ReachMailHost(const std::string& host, uint16_t port, bool tls_at_once, std::chrono::milliseconds timeout) {
  const std::string place = host + ":" + std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); code != 0) {
    return Fail(Error::Unavailable(place + ": " + ::gai_strerror(code)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  const Deadline deadline = std::chrono::steady_clock::now() + timeout;
  std::string why = "the name has no address";
  for (const addrinfo* to = found; to != nullptr; to = to->ai_next) {
    why = Reach(*to, tls_at_once, deadline);
    if (why.empty()) return {};
  }
  return Fail(Error::Unavailable(place + ": " + why));
}

}  // namespace tailrace::app
