#include "server/http/listener.h"

#include "server/http/listen_address.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>

#include <unistd.h>

namespace tailrace::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr int kBacklog = 1024;
// Connections taken in one turn of the loop: while it is busy there are few turns, and whoever knocks must not wait for as many as there are
// before him. Not more, because those that are connected have their turn too.
constexpr int kAcceptsAtATime = 128;
// After an accept that failed for want of file descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::string_view kFullReply =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 67\r\nRetry-After: 1\r\n"
    "Connection: close\r\n\r\n{\"error\":{\"code\":\"busy\",\"message\":\"too many connections are open\"}}";

}  // namespace

Listener::Listener(std::vector<std::unique_ptr<Loop>>& loops, ConnectionShared& shared, Metrics& metrics)
    : loops_(loops),
      shared_(shared),
      accepted_(metrics.AddCounter("tailrace_http_connections_total", "Connections taken.")),
      refused_(metrics.AddCounter("tailrace_http_connections_refused_total", "Connections refused because too many were open.")),
      acceptor_(loops.front()->context()) {}

Status Listener::Open(const std::string& host, uint16_t port) {
  TR_TRY(const asio::ip::address address, ParseListenHost(host));
  const tcp::endpoint wanted(address, port);
  boost::system::error_code error;
  acceptor_.open(wanted.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(wanted, error);
  if (!error) acceptor_.listen(kBacklog, error);
  if (!error) acceptor_.non_blocking(true, error);
  if (!error) endpoint_ = acceptor_.local_endpoint(error);
  if (error) {
    return Fail(Error::Unavailable("cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message()));
  }
  Accept();
  return {};
}

void Listener::Close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

void Listener::Accept() {
  Loop& loop = NextLoop();
  acceptor_.async_accept(loop.context(), [this, &loop](const boost::system::error_code& error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) return loops_.front()->After(kAcceptPause, [this] { if (acceptor_.is_open()) Accept(); });
    Take(std::move(socket), loop);
    TakeThoseWaiting();
    Accept();
  });
}

void Listener::TakeThoseWaiting() {
  for (int i = 1; i < kAcceptsAtATime; ++i) {
    Loop& loop = NextLoop();
    boost::system::error_code error;
    tcp::socket socket = acceptor_.accept(loop.context(), error);
    if (error) return;  // nobody; or what ails it is met again by Accept
    Take(std::move(socket), loop);
  }
}

void Listener::Take(tcp::socket socket, Loop& loop) {
  if (shared_.connections.fetch_add(1) >= shared_.limits.connections_max) {
    shared_.connections.fetch_sub(1);
    refused_.Add();
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(kFullReply.data(), kFullReply.size()), ignored);
    return;
  }
  accepted_.Add();
  boost::system::error_code error;
  socket.non_blocking(true, error);
  const int descriptor = error ? -1 : socket.release(error);
  if (error || descriptor < 0) {
    shared_.connections.fetch_sub(1);
    return;
  }
  std::unique_ptr<crypto::TlsSession> tls;
  if (shared_.certificates != nullptr) {
    auto accepted = shared_.certificates->current()->Accept(descriptor);
    if (!accepted) {  // no memory
      close(descriptor);
      shared_.connections.fetch_sub(1);
      return;
    }
    tls = std::move(*accepted);
  }
  auto connection = std::make_shared<Connection>(descriptor, loop, shared_, std::move(tls));
  if (&loop == loops_.front().get()) return connection->Start();
  loop.Post([connection] { connection->Start(); });
}

}  // namespace tailrace::server
