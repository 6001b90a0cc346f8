// The bytes of one client's socket, plain or under TLS.
#pragma once

#include <sys/types.h>

#include <memory>
#include <span>
#include <string_view>

#include "crypto/tls.h"

namespace tailrace::server {

// Threads: one at a time. Ownership: owns the socket, which does not block, and closes it.
class Transport {
 public:
  // `tls` null: what goes over the socket is plain.
  Transport(int socket, std::unique_ptr<crypto::TlsSession> tls);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  int socket() const { return socket_; }
  // Under TLS either direction may wait for the other one of the socket, and bytes may be there that the socket tells nothing of.
  bool is_secure() const { return tls_ != nullptr; }
  // Whether requests can come: not before the handshake of TLS is over.
  bool is_established() const { return tls_ == nullptr || tls_->is_established(); }

  // As recv and send, errno included.
  ssize_t Read(std::span<char> room);
  ssize_t Write(std::string_view bytes);
  // Takes up to so many bytes off the socket without looking at them, which does not even copy them. Not under TLS. As recv.
  ssize_t Drop(size_t bytes);

  // Tells the client that nothing more comes.
  void EndOutput();
  // Twice is fine.
  void Close();

 private:
  void TellOfTls();

  const int socket_;
  const std::unique_ptr<crypto::TlsSession> tls_;
  bool is_closed_ = false;
};

}  // namespace tailrace::server
