// The server's certificate, read again when its files change: connections from then on are made with the new one.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "crypto/tls.h"

namespace tailrace::server {

// How often the files are looked at.
inline constexpr std::chrono::seconds kCertificateLook{1};

// Threads: thread-safe; Look from one thread.
class Certificates {
 public:
  // Errors as TlsServerContext::Load.
  static Result<std::unique_ptr<Certificates>> Load(crypto::TlsFiles files);

  std::shared_ptr<const crypto::TlsServerContext> current() const;

  // Now and then. Files that cannot be used leave what is there; one half of a pair may come before the other.
  void Look(std::chrono::steady_clock::time_point now);

 private:
  explicit Certificates(crypto::TlsFiles files) : files_(std::move(files)) {}
  std::string SignOfFiles() const;
  Status Read();

  const crypto::TlsFiles files_;
  std::string sign_;                                    // of the files when they were read last; Look's
  std::chrono::steady_clock::time_point looked_{};      // the same
  mutable std::mutex mutex_;
  std::shared_ptr<const crypto::TlsServerContext> current_;  // protected by mutex_
};

}  // namespace tailrace::server
