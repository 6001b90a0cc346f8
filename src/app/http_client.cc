#include "app/http_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <span>

namespace tailrace::app {
namespace {

// How soon a wait notices that it should stop.
constexpr int kStopPollMillis = 50;
constexpr size_t kReadBytes = 64 << 10;
constexpr time_t kConnectTimeoutSeconds = 10;

std::string LowerCase(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

Error SystemError(std::string_view doing) {
  return Error::Unavailable(fmt::format("{}: {}", doing, std::strerror(errno)));
}

Error NotHttp(std::string_view what) { return Error::Unavailable(fmt::format("the answer is not HTTP: {}", what)); }

// Bounds connect as well, on Linux; 0: no bound.
void SetSendTimeout(int fd, time_t seconds) {
  const timeval timeout{.tv_sec = seconds, .tv_usec = 0};
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

Result<int> OpenSocket(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
  if (fd < 0) return Fail(SystemError("socket"));
  SetSendTimeout(fd, kConnectTimeoutSeconds);
  if (::connect(fd, address.ai_addr, address.ai_addrlen) != 0) {
    const Error error = SystemError("connect");
    ::close(fd);
    return Fail(error);
  }
  SetSendTimeout(fd, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

Result<int> ConnectTo(const std::string& host, uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (code != 0) return Fail(Error::Unavailable(fmt::format("{}: {}", host, ::gai_strerror(code))));
  Result<int> fd = Fail(Error::Unavailable("no address"));
  for (const addrinfo* one = found; one != nullptr && !fd; one = one->ai_next) fd = OpenSocket(*one);
  ::freeaddrinfo(found);
  return fd;
}

Result<HttpResponse> ParseHead(std::string_view head) {
  HttpResponse response;
  const size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  if (!line.starts_with("HTTP/1.") || line.size() < 12) return Fail(NotHttp(line.substr(0, 40)));
  if (std::from_chars(line.data() + 9, line.data() + 12, response.status).ec != std::errc()) return Fail(NotHttp(line));
  size_t place = line_end == std::string_view::npos ? head.size() : line_end + 2;
  while (place < head.size()) {
    const size_t end = std::min(head.find("\r\n", place), head.size());
    const std::string_view field = head.substr(place, end - place);
    const size_t colon = field.find(':');
    if (colon == std::string_view::npos) return Fail(NotHttp(field));
    response.headers.emplace_back(LowerCase(field.substr(0, colon)), std::string(Trimmed(field.substr(colon + 1))));
    place = end + 2;
  }
  return response;
}

Result<size_t> ParseSize(std::string_view digits, int base) {
  size_t size = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), size, base);
  if (failed != std::errc() || end == digits.data() || size > HttpClient::kBodyBytesMax) return Fail(NotHttp(digits));
  return size;
}

}  // namespace

// One TCP connection, with what has been read and not yet used. Closed when destroyed.
class HttpClient::Connection {
 public:
  Connection(int fd, std::unique_ptr<crypto::TlsSession> tls) : fd_(fd), tls_(std::move(tls)) {}
  ~Connection() { ::close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Status Write(std::string_view bytes) {
    while (tls_ != nullptr && !bytes.empty()) {
      const crypto::TlsProgress sent = tls_->Write(bytes);
      if (sent.state != crypto::TlsState::kMoved) return Fail(Error::Unavailable("TLS: " + tls_->fault()));
      bytes.remove_prefix(sent.bytes);
    }
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return Fail(SystemError("send"));
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return {};
  }

  // Bytes up to and with `end`, which are then used up.
  Result<std::string> ReadUntil(std::string_view end, const std::stop_token& stop) {
    for (size_t searched = 0;;) {
      const size_t found = unused_.find(end, searched);
      if (found != std::string::npos) return Take(found + end.size());
      if (unused_.size() > kHeaderBytesMax) return Fail(NotHttp("a head without end"));
      searched = unused_.size() < end.size() ? 0 : unused_.size() - end.size() + 1;
      TR_TRY(const bool more, Fill(stop));
      if (!more) return Fail(Error::Unavailable("the connection was closed"));
    }
  }

  // At most `bytes_max` bytes; empty at the end of the connection.
  Result<std::string> ReadSome(size_t bytes_max, const std::stop_token& stop) {
    if (unused_.empty()) {
      TR_TRY(const bool more, Fill(stop));
      if (!more) return std::string();
    }
    return Take(std::min(bytes_max, unused_.size()));
  }

 private:
  std::string Take(size_t bytes) {
    std::string taken = unused_.substr(0, bytes);
    unused_.erase(0, bytes);
    return taken;
  }

  // False at the end of the connection.
  Result<bool> Fill(const std::stop_token& stop) {
    if (tls_ == nullptr || !tls_->has_pending()) TR_RETURN_IF_ERROR(WaitReadable(stop));
    std::array<char, kReadBytes> buffer;
    if (tls_ != nullptr) return FillDecrypted(buffer);
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0) return Fail(SystemError("receive"));
    unused_.append(buffer.data(), static_cast<size_t>(got));
    return got > 0;
  }

  Result<bool> FillDecrypted(std::span<char> buffer) {
    const crypto::TlsProgress got = tls_->Read(buffer);
    if (got.state == crypto::TlsState::kFailed) return Fail(Error::Unavailable("TLS: " + tls_->fault()));
    unused_.append(buffer.data(), got.bytes);
    return got.state != crypto::TlsState::kEnded;
  }

  Status WaitReadable(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
      const int ready = ::poll(&waiting, 1, stop.stop_possible() ? kStopPollMillis : -1);
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return Fail(SystemError("poll"));
    }
    return Fail(Error::Cancelled("stopped"));
  }

  const int fd_;
  const std::unique_ptr<crypto::TlsSession> tls_;  // null: plain
  std::string unused_;
};

namespace {

using Taker = std::function<Result<bool>(std::string)>;

// `Source` is Connection, which is private to the client.
template <typename Source>
Status ReadCounted(Source& connection, size_t bytes, const Taker& take, const std::stop_token& stop) {
  while (bytes > 0) {
    TR_TRY(std::string piece, connection.ReadSome(bytes, stop));
    if (piece.empty()) return Fail(Error::Unavailable("the connection was closed in the middle of an answer"));
    bytes -= piece.size();
    TR_TRY(const bool more, take(std::move(piece)));
    if (!more) return Fail(Error::Cancelled("enough"));
  }
  return {};
}

template <typename Source>
Status ReadChunked(Source& connection, const Taker& take, const std::stop_token& stop) {
  for (;;) {
    TR_TRY(const std::string line, connection.ReadUntil("\r\n", stop));
    TR_TRY(const size_t bytes, ParseSize(Trimmed(std::string_view(line).substr(0, line.find_first_of(";\r"))), 16));
    if (bytes > 0) TR_RETURN_IF_ERROR(ReadCounted(connection, bytes, take, stop));
    TR_TRY(const std::string end, connection.ReadUntil("\r\n", stop));
    if (bytes == 0) return {};
  }
}

template <typename Source>
Status ReadToEnd(Source& connection, const Taker& take, const std::stop_token& stop) {
  for (;;) {
    TR_TRY(std::string piece, connection.ReadSome(kReadBytes, stop));
    if (piece.empty()) return {};
    TR_TRY(const bool more, take(std::move(piece)));
    if (!more) return Fail(Error::Cancelled("enough"));
  }
}

// Leaves `*reusable` false when the connection cannot carry another request.
template <typename Source>
Status ReadBody(Source& connection, const HttpResponse& head, const Taker& take, const std::stop_token& stop,
                bool* reusable) {
  *reusable = LowerCase(head.Header("connection")) != "close";
  if (head.status == 204 || head.status == 304) return {};
  if (LowerCase(head.Header("transfer-encoding")) == "chunked") return ReadChunked(connection, take, stop);
  const std::string_view length = head.Header("content-length");
  if (length.empty()) {
    *reusable = false;
    return ReadToEnd(connection, take, stop);
  }
  TR_TRY(const size_t bytes, ParseSize(length, 10));
  return ReadCounted(connection, bytes, take, stop);
}

std::string RequestHead(const HttpRequest& request, std::string_view authority, std::string_view key) {
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", request.method, request.target, authority);
  if (!key.empty()) head += fmt::format("Authorization: Bearer {}\r\n", key);
  for (const auto& [name, value] : request.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (!request.body.empty() || request.method != "GET")
    head += fmt::format("Content-Length: {}\r\n", request.body.size());
  return head + "\r\n";
}

}  // namespace

std::string_view HttpResponse::Header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

HttpClient::HttpClient(std::string host, uint16_t port) : host_(std::move(host)), port_(port) {}
HttpClient::~HttpClient() = default;

std::string HttpClient::address() const {
  return host_.find(':') == std::string::npos ? fmt::format("{}:{}", host_, port_)
                                              : fmt::format("[{}]:{}", host_, port_);
}

Error HttpClient::Unreachable(const Error& cause) const {
  return Error(cause.code(), fmt::format("{}://{}: {}", !tls_ || *tls_ != nullptr ? "https" : "http", address(), cause.message()));
}

Status HttpClient::Connect() {
  if (!tls_) return Fail(tls_.error());
  if (!has_address()) return Fail(Error::Unavailable("the file leaves the port to the system (server.listen ends in :0): say with --port which one `tailrace run` told"));
  TR_TRY(const int fd, ConnectTo(host_, port_));
  std::unique_ptr<crypto::TlsSession> tls;
  if (*tls_ != nullptr) {
    auto session = (*tls_)->Connect(fd, host_);
    if (!session) {
      ::close(fd);
      return Fail(session.error());
    }
    tls = std::move(*session);
  }
  connection_ = std::make_unique<Connection>(fd, std::move(tls));
  return {};
}

Result<HttpResponse> HttpClient::Exchange(const HttpRequest& request, const std::function<bool(std::string_view)>* take,
                                          const std::stop_token& stop) {
  TR_RETURN_IF_ERROR(connection_->Write(RequestHead(request, address(), key_)));
  TR_RETURN_IF_ERROR(connection_->Write(request.body));
  TR_TRY(const std::string head, connection_->ReadUntil("\r\n\r\n", stop));
  TR_TRY(HttpResponse response, ParseHead(std::string_view(head).substr(0, head.size() - 2)));
  const Taker taker = [&](std::string piece) -> Result<bool> {
    if (take != nullptr && response.status == 200) return (*take)(piece);
    if (response.body.size() + piece.size() > kBodyBytesMax) return Fail(Error::Exhausted("the answer is too large"));
    response.body += piece;
    return true;
  };
  bool reusable = false;
  const Status read = ReadBody(*connection_, response, taker, stop, &reusable);
  if (!reusable || !read) connection_.reset();
  if (!read && !(take != nullptr && read.error().code() == ErrorCode::kCancelled)) return Fail(read.error());
  return response;
}

Result<HttpResponse> HttpClient::Send(const HttpRequest& request, const std::stop_token& stop) {
  const bool kept = connection_ != nullptr;
  if (!kept) {
    if (auto connected = Connect(); !connected) return Fail(Unreachable(connected.error()));
  }
  auto response = Exchange(request, nullptr, stop);
  // A kept connection that the server closed meanwhile says nothing about the server; reading twice changes nothing.
  if (!response && kept && request.method == "GET" && response.error().code() == ErrorCode::kUnavailable) {
    connection_.reset();
    return Send(request, stop);
  }
  if (!response) {
    connection_.reset();
    return Fail(Unreachable(response.error()));
  }
  return response;
}

Result<HttpResponse> HttpClient::Stream(const HttpRequest& request, const std::function<bool(std::string_view)>& take,
                                        const std::stop_token& stop) {
  connection_.reset();
  if (auto connected = Connect(); !connected) return Fail(Unreachable(connected.error()));
  auto response = Exchange(request, &take, stop);
  connection_.reset();
  if (!response) return Fail(Unreachable(response.error()));
  return response;
}

std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

}  // namespace tailrace::app
