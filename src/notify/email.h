// E-mail by SMTP, with TLS and a password when it is told so.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "ports/notifier.h"

namespace tailrace::notify {

struct EmailOptions {
  std::string host;
  uint16_t port = 25;
  bool tls = false;       // from the first byte
  bool starttls = false;  // TLS or nothing
  std::string user;       // empty: without
  std::string password;   // secret
  std::string ca;         // path of PEM; empty: whom the system trusts
  std::string from;
  std::vector<std::string> to;
  std::chrono::milliseconds timeout{30'000};
};

// The message as it goes over the wire (RFC 5322, UTF-8): lines end with CR LF, the body is base64.
std::string EmailText(const EmailOptions& options, const Notification& notification, WallTime now, uint64_t number);

// The clock and chance (for the message's date and id) are borrowed.
std::unique_ptr<Notifier> NewEmailNotifier(EmailOptions options, Clock& clock, Random& random);

}  // namespace tailrace::notify
