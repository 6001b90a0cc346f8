// Who sends a request, and how he is known by what he sends.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/grant.h"
#include "base/clock.h"
#include "base/result.h"

namespace tailrace::auth {

// Threads: constant but for `revoked`, which whoever made it may set at any time.
struct Caller {
  std::string name;                  // for people and logs: of the key or of the token's subject; no secret
  Grant grant;
  std::optional<WallTime> expires;   // not valid from then on
  std::atomic<bool> revoked{false};  // not valid any more

  bool IsValidAt(WallTime now) const { return !revoked.load(std::memory_order_relaxed) && (!expires || now < *expires); }
};

using CallerPtr = std::shared_ptr<const Caller>;

// A caller who is known by what he signs, and the secret that he signs with.
struct Signer {
  CallerPtr caller;
  std::string secret;
};

// Threads: thread-safe; calls return at once and wait for no disk or peer.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // Whether nobody has to say who he is. May change while the server runs, when the first key is made.
  virtual bool IsOpen() const = 0;

  // Who sends this key or token. kInvalid: nobody that is known, or not any more; the text says no more than a stranger may know,
  // and nothing of what he sent. kUnavailable: it cannot be said just now.
  virtual Result<CallerPtr> Identify(std::string_view credential) = 0;

  // Whose this access key is. kInvalid: nobody's that is known, or not any more. By itself it proves nothing: the signature must be right.
  virtual Result<Signer> FindSigner(std::string_view access_key_id);
};

inline Result<Signer> Authenticator::FindSigner(std::string_view) { return Fail(Error::Invalid("the access key is not known here")); }

}  // namespace tailrace::auth
