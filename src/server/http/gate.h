// Who sends a request, and whether its route is for him.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "auth/caller.h"
#include "base/metrics.h"
#include "config/spec.h"
#include "server/http/access.h"
#include "server/http/reply.h"
#include "server/http/request.h"

namespace tailrace::server {

// Keys and tokens longer than this are nobody's.
inline constexpr size_t kCredentialBytesMax = 8 << 10;

// Threads: thread-safe as const. Ownership: borrows what it is given.
class Gate {
 public:
  // `authenticator` null: everybody may do everything.
  Gate(const config::Pipeline& pipeline, auth::Authenticator* authenticator, Metrics& metrics);

  // Sets request.caller. 401: nobody that is known. Of a request that is signed in Amazon's way to a route that takes such, only what can be
  // told without its body: Signer and CheckSignature do the rest.
  std::optional<Reply> Identify(Request& request, bool takes_signatures) const;

  // Who signed it, once its body is there. 401: nobody that is known, or another request was signed.
  tl::expected<auth::CallerPtr, Reply> CheckSignature(const Request& request, WallTime now) const;

  // 403: the route is not for request.caller. Before its body is read, and after the path's placeholders are set.
  std::optional<Reply> Refuse(const Access& access, const Request& request) const;

  bool IsOpen() const { return authenticator_ == nullptr || authenticator_->IsOpen(); }

 private:
  struct Credential {
    std::string_view text;
    std::optional<Reply> refusal;
  };
  Credential CredentialOf(const Request& request) const;
  std::optional<Reply> IdentifySigner(Request& request) const;
  Reply Unauthorized(bool had_credential, std::string message) const;
  std::optional<auth::Thing> Missing(const Access& access, const Request& request) const;

  auth::Authenticator* const authenticator_;
  const auth::CallerPtr everybody_;
  const auth::CallerPtr nobody_ = std::make_shared<auth::Caller>();
  std::map<std::string, std::string, std::less<>> stream_names_;  // by name and alias
  Counter& unauthorized_;
  Counter& forbidden_;
};

}  // namespace tailrace::server
