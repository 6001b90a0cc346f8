// Who sends a request, and how he is known by what he sends.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/grant.h"
#include "base/clock.h"
#include "base/result.h"

namespace tailrace::auth {

struct Caller {
  std::string name;                  // for people and logs: of the key or of the token's subject; no secret
  Grant grant;
  std::optional<WallTime> expires;   // not valid from then on
};

using CallerPtr = std::shared_ptr<const Caller>;

// Threads: thread-safe; calls return at once and wait for no disk or peer.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // Who sends this key or token. kInvalid: nobody that is known, or not any more; the text says no more than a stranger may know.
  // kUnavailable: it cannot be said just now.
  virtual Result<CallerPtr> Identify(std::string_view credential) = 0;
};

}  // namespace tailrace::auth
