#include "server/http/gate.h"

#include <utility>

#include "auth/sigv4.h"
#include "crypto/digest.h"

namespace tailrace::server {
namespace {

constexpr std::string_view kScheme = "Bearer ";
// Of a request that is signed in its query.
constexpr std::string_view kQuerySignature = "X-Amz-Signature=";
constexpr std::string_view kHint = "send Authorization: Bearer KEY, or X-API-Key: KEY; `tailrace keys add` makes a key";

auth::CallerPtr Everybody() {
  auto caller = std::make_shared<auth::Caller>();
  caller->grant = auth::FullGrant();
  return caller;
}

// RFC 9110, 11.1: the scheme's name knows no case.
std::optional<std::string_view> BearerToken(std::string_view value) {
  if (value.size() <= kScheme.size() || !EqualsIgnoreCase(value.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  value.remove_prefix(kScheme.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  return value.empty() ? std::nullopt : std::optional(value);
}

}  // namespace

Gate::Gate(const config::Pipeline& pipeline, auth::Authenticator* authenticator, Metrics& metrics)
    : authenticator_(authenticator),
      everybody_(Everybody()),
      unauthorized_(metrics.AddCounter("tailrace_http_unauthorized_total", "Requests of nobody that is known.")),
      forbidden_(metrics.AddCounter("tailrace_http_forbidden_total", "Requests for more than their key or token may.")) {
  for (const config::StreamSpec& stream : pipeline.streams) {
    stream_names_.emplace(stream.name, stream.name);
    for (const std::string& alias : stream.aliases) stream_names_.emplace(alias, stream.name);
  }
}

Reply Gate::Unauthorized(bool had_credential, std::string message) const {
  unauthorized_.Add();
  Reply reply = ErrorReply(401, "unauthorized", std::move(message), std::string(kHint));
  // RFC 6750, 3: without a credential no error is named.
  reply.headers.emplace_back("WWW-Authenticate",
                             had_credential ? R"(Bearer realm="tailrace", error="invalid_token")" : R"(Bearer realm="tailrace")");
  return reply;
}

Gate::Credential Gate::CredentialOf(const Request& request) const {
  const bool has_key = request.Has(HeaderField::kApiKey);
  if (!request.Has(HeaderField::kAuthorization)) {
    if (!has_key) return {{}, Unauthorized(false, "this needs a key or a token")};
    return {request.Header(HeaderField::kApiKey), std::nullopt};
  }
  if (has_key) return {{}, Unauthorized(true, "there are both Authorization and X-API-Key; send one of them")};
  const auto token = BearerToken(request.Header(HeaderField::kAuthorization));
  if (!token) return {{}, Unauthorized(true, "Authorization is not of the form \"Bearer KEY\"")};
  return {*token, std::nullopt};
}

// Before the body is read: a stranger shall not make us hold one.
std::optional<Reply> Gate::IdentifySigner(Request& request) const {
  const auto claim = auth::ParseSigV4(request.Header(HeaderField::kAuthorization));
  if (!claim) return Unauthorized(true, claim.error().message());
  if (const auto signer = authenticator_->FindSigner(claim->access_key_id); !signer) return Unauthorized(true, signer.error().message());
  request.caller = nobody_;
  request.is_signed = true;
  return std::nullopt;
}

tl::expected<auth::CallerPtr, Reply> Gate::CheckSignature(const Request& request, WallTime now) const {
  const auto claim = auth::ParseSigV4(request.Header(HeaderField::kAuthorization));
  if (!claim) return tl::unexpected(Unauthorized(true, claim.error().message()));
  auto signer = authenticator_->FindSigner(claim->access_key_id);
  if (!signer) return tl::unexpected(Unauthorized(true, signer.error().message()));
  if (!request.query.empty()) return tl::unexpected(Unauthorized(true, "a signed request has no query here"));
  const auth::SignedMessage message{request.method, request.path, auth::HeadersOf(request.head), request.body};
  const Status right = auth::VerifySigV4(*claim, message, signer->secret, now);
  crypto::Wipe(signer->secret);
  if (!right) return tl::unexpected(Unauthorized(true, right.error().message()));
  return std::move(signer->caller);
}

std::optional<Reply> Gate::Identify(Request& request, bool takes_signatures) const {
  if (IsOpen()) {
    request.caller = everybody_;
    return std::nullopt;
  }
  if (takes_signatures && request.Header(HeaderField::kAuthorization).starts_with(auth::kSigV4Scheme)) return IdentifySigner(request);
  if (takes_signatures && request.query.find(kQuerySignature) != std::string_view::npos) {
    return Unauthorized(true, "a signature in the query (a presigned URL) is not looked at here: sign the request in its Authorization header");
  }
  Credential credential = CredentialOf(request);
  if (credential.refusal) return std::move(credential.refusal);
  if (credential.text.empty() || credential.text.size() > kCredentialBytesMax) {
    return Unauthorized(true, "this is no key and no token, by its length");
  }
  auto caller = authenticator_->Identify(credential.text);
  if (!caller && caller.error().code() == ErrorCode::kUnavailable) return BusyReply(caller.error().message());
  if (!caller) return Unauthorized(true, caller.error().message());
  request.caller = std::move(*caller);
  return std::nullopt;
}

// What the grant is limited to and does not cover of what the route reaches; an empty name stands for the whole.
std::optional<auth::Thing> Gate::Missing(const Access& access, const Request& request) const {
  const auth::Grant& grant = request.caller->grant;
  if (!grant.limited()) return std::nullopt;
  switch (access.reach()) {
    case Access::Reach::kPublic:
    case Access::Reach::kSigned:
    case Access::Reach::kFiltered: return std::nullopt;
    case Access::Reach::kWhole: return auth::Thing{};
    case Access::Reach::kThings:
      for (const auth::Thing& thing : access.things()) {
        if (!grant.Covers(thing)) return thing;
      }
      return access.things().empty() ? std::optional(auth::Thing{}) : std::nullopt;
    case Access::Reach::kStreamInPath: {
      const std::string asked = request.PathParam(0);
      const auto known = stream_names_.find(asked);
      auth::Thing thing{auth::ThingKind::kStream, known == stream_names_.end() ? asked : known->second};
      return grant.Covers(thing) ? std::nullopt : std::optional(std::move(thing));
    }
    case Access::Reach::kCollectionInPath: {
      auth::Thing thing{auth::ThingKind::kCollection, request.PathParam(0)};
      return grant.Covers(thing) ? std::nullopt : std::optional(std::move(thing));
    }
  }
  return auth::Thing{};
}

std::optional<Reply> Gate::Refuse(const Access& access, const Request& request) const {
  if (access.reach() == Access::Reach::kPublic || access.reach() == Access::Reach::kSigned) return std::nullopt;
  const auth::Grant& grant = request.caller->grant;
  std::string message;
  if (!grant.Holds(access.role())) {
    message = "this needs the role " + std::string(auth::RoleName(access.role()));
  } else if (const auto missing = Missing(access, request)) {
    message = missing->name.empty() ? "this shows or changes the whole pipeline, and the key is limited to parts of it"
                                    : "the key is not for the " + std::string(auth::ThingKindName(missing->kind)) + " \"" + missing->name +
                                          "\"";
  } else {
    return std::nullopt;
  }
  forbidden_.Add();
  return ErrorReply(403, "forbidden", std::move(message));
}

}  // namespace tailrace::server
