// Tokens by OAuth 2.0's client credentials (RFC 6749, 4.4).
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "config/spec_poll.h"
#include "ports/outbound_http.h"

namespace tailrace {

// Threads: one. Ownership: borrows `http` and `clock`.
class PollToken {
 public:
  PollToken(const config::PollSourceSpec& spec, OutboundHttp& http, Clock& clock) : spec_(spec), http_(http), clock_(clock) {}

  // The token in hand, or a new one when it is about to end. Errors show nothing of what the server said: it may be a
  // secret.
  Result<std::string> Get(const std::stop_token& stop);

  // The server did not take it.
  void Forget() { token_.clear(); }

 private:
  const config::PollSourceSpec& spec_;
  OutboundHttp& http_;
  Clock& clock_;
  std::string token_;
  WallTime ends_;
};

}  // namespace tailrace
