// TLS 1.2 and 1.3 over a socket that is already connected.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace tailrace::crypto {

enum class TlsState {
  kMoved,       // `bytes` were read or written
  kWantsRead,   // nothing; try again when the socket is readable
  kWantsWrite,  // nothing; try again when it is writable
  kEnded,       // the other side has said that it sends no more, or has gone
  kFailed,      // the connection is of no more use
};

struct TlsProgress {
  TlsState state = TlsState::kFailed;
  size_t bytes = 0;
};

// One side of a connection. The handshake is done by the first Read or Write, as far as the socket allows.
// Threads: one. Ownership: the socket stays its owner's, and must outlive this.
class TlsSession {
 public:
  TlsProgress Read(std::span<char> to);
  // Some of `bytes`. After kWantsRead or kWantsWrite the same bytes, or more that begin with them, come again.
  TlsProgress Write(std::string_view bytes);

  bool is_established() const;
  // Decrypted bytes that stand ready without the socket.
  bool has_pending() const;
  // The first bytes were those of a plain HTTP request.
  bool spoke_plain_http() const { return spoke_plain_http_; }
  // Why it failed, for people.
  const std::string& fault() const { return fault_; }

  // Says that nothing more is sent, if the socket takes it at once.
  void Close();

 private:
  friend class TlsServerContext;
  friend class TlsClientContext;
  struct Free {
    void operator()(ssl_st* session) const;
  };
  explicit TlsSession(ssl_st* session) : session_(session) {}
  TlsProgress ProgressOf(int result, size_t bytes);

  std::unique_ptr<ssl_st, Free> session_;
  std::string fault_;
  bool spoke_plain_http_ = false;
};

// PEM files.
struct TlsFiles {
  std::string cert;       // the server's, those between it and its authority behind it
  std::string key;
  std::string client_ca;  // clients must show a certificate of one of these authorities; empty: they show none
};

// Threads: thread-safe as const.
class TlsServerContext {
 public:
  // kInvalid: a file that cannot be read or is not what it should be, or a key that is another certificate's.
  static Result<std::shared_ptr<const TlsServerContext>> Load(const TlsFiles& files);

  // kExhausted: there is no memory.
  Result<std::unique_ptr<TlsSession>> Accept(int socket) const;

 private:
  explicit TlsServerContext(std::shared_ptr<ssl_ctx_st> context) : context_(std::move(context)) {}
  std::shared_ptr<ssl_ctx_st> context_;
};

// What a client shows: PEM files.
struct TlsIdentity {
  std::string cert;  // with those between it and its authority behind it
  std::string key;
};

// What a client believes, and shows. Threads: thread-safe as const.
class TlsClientContext {
 public:
  // Certificates for the host's name, of the authorities that the machine knows (or those of SSL_CERT_FILE).
  static Result<std::shared_ptr<const TlsClientContext>> Public();
  // This certificate alone, whatever name is in it: that of a server on the same machine, read from its own file.
  // `shown` to a server that asks who its client is; null: nothing. kInvalid: a file that is not what it should be.
  static Result<std::shared_ptr<const TlsClientContext>> Pinned(const std::string& cert_file, const TlsIdentity* shown = nullptr);

  // Shakes hands; the socket blocks. kUnavailable: the server is not who it should be, or does not speak TLS.
  Result<std::unique_ptr<TlsSession>> Connect(int socket, const std::string& host) const;

 private:
  TlsClientContext(std::shared_ptr<ssl_ctx_st> context, std::string pinned) : context_(std::move(context)), pinned_(std::move(pinned)) {}
  std::shared_ptr<ssl_ctx_st> context_;
  std::string pinned_;  // SHA-256 of the certificate; empty: names and authorities count
};

}  // namespace tailrace::crypto
