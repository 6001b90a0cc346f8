#include "server/http/certificates.h"

#include <sys/stat.h>

#include "base/logging.h"

namespace tailrace::server {

Result<std::unique_ptr<Certificates>> Certificates::Load(crypto::TlsFiles files) {
  std::unique_ptr<Certificates> certificates(new Certificates(std::move(files)));
  certificates->sign_ = certificates->SignOfFiles();
  if (const Status read = certificates->Read(); !read) return Fail(read.error().With("server.tls"));
  return certificates;
}

std::shared_ptr<const crypto::TlsServerContext> Certificates::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

// Another text whenever a file was written or put in the place of another.
std::string Certificates::SignOfFiles() const {
  std::string sign;
  for (const std::string* path : {&files_.cert, &files_.key, &files_.client_ca}) {
    struct stat info {};
    if (path->empty() || stat(path->c_str(), &info) != 0) {
      sign += "-;";
      continue;
    }
    for (const auto number : {static_cast<int64_t>(info.st_ino), static_cast<int64_t>(info.st_size), static_cast<int64_t>(info.st_mtim.tv_sec),
                              static_cast<int64_t>(info.st_mtim.tv_nsec)}) {
      sign += std::to_string(number) + ",";
    }
    sign += ';';
  }
  return sign;
}

Status Certificates::Read() {
  TR_TRY(auto context, crypto::TlsServerContext::Load(files_));
  const std::lock_guard lock(mutex_);
  current_ = std::move(context);
  return {};
}

void Certificates::Look(std::chrono::steady_clock::time_point now) {
  if (now - looked_ < kCertificateLook) return;
  looked_ = now;
  std::string sign = SignOfFiles();
  if (sign == sign_) return;
  sign_ = std::move(sign);
  if (const Status read = Read(); !read) {
    LogWarning("certificate_unusable", {{"error", read.error().message()}, {"certificate", "the one before still counts"}});
  } else {
    LogInfo("certificate_read", {{"file", files_.cert}});
  }
}

}  // namespace tailrace::server
