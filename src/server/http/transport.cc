#include "server/http/transport.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace tailrace::server {
namespace {

constexpr std::string_view kPlainReply =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 83\r\nConnection: close\r\n\r\n"
    R"({"error":{"code":"tls_required","message":"this port speaks TLS: ask by https://"}})";

}  // namespace

Transport::Transport(int socket, std::unique_ptr<crypto::TlsSession> tls) : socket_(socket), tls_(std::move(tls)) {}

Transport::~Transport() {
  if (!is_closed_) close(socket_);
}

ssize_t Transport::Read(std::span<char> room) {
  if (tls_ == nullptr) return recv(socket_, room.data(), room.size(), 0);
  const crypto::TlsProgress progress = tls_->Read(room);
  switch (progress.state) {
    case crypto::TlsState::kMoved: return static_cast<ssize_t>(progress.bytes);
    case crypto::TlsState::kEnded: return 0;
    case crypto::TlsState::kWantsRead:
    case crypto::TlsState::kWantsWrite: errno = EAGAIN; return -1;
    case crypto::TlsState::kFailed: break;
  }
  TellOfTls();
  errno = ECONNRESET;
  return -1;
}

ssize_t Transport::Write(std::string_view bytes) {
  if (tls_ == nullptr) return send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  const crypto::TlsProgress progress = tls_->Write(bytes);
  if (progress.state == crypto::TlsState::kMoved) return static_cast<ssize_t>(progress.bytes);
  const bool waits = progress.state == crypto::TlsState::kWantsRead || progress.state == crypto::TlsState::kWantsWrite;
  errno = waits ? EAGAIN : EPIPE;
  return -1;
}

// tcp(7): with MSG_TRUNC the bytes are thrown away in the kernel.
ssize_t Transport::Drop(size_t bytes) { return recv(socket_, nullptr, bytes, MSG_TRUNC); }

// A person who forgot the s of https sees why it did not work.
void Transport::TellOfTls() {
  if (tls_->spoke_plain_http()) (void)send(socket_, kPlainReply.data(), kPlainReply.size(), MSG_NOSIGNAL);
}

void Transport::EndOutput() {
  if (tls_ != nullptr) tls_->Close();
  shutdown(socket_, SHUT_WR);
}

void Transport::Close() {
  if (std::exchange(is_closed_, true)) return;
  if (tls_ != nullptr) tls_->Close();
  close(socket_);
}

}  // namespace tailrace::server
