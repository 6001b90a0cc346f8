#include "app/doorkeeper.h"

#include <fmt/format.h>

#include "auth/api_key.h"
#include "crypto/digest.h"
#include "server/http/loopback_host.h"

namespace tailrace::app {
namespace {

constexpr size_t kTokensRememberedMax = 10'000;

auth::JwtOptions OptionsOf(const config::JwtSpec& spec) {
  auth::JwtOptions options;
  options.issuer = spec.issuer;
  options.audiences = spec.audiences;
  for (const std::string& name : spec.algorithms) {
    if (const auto algorithm = auth::ParseAlgorithm(name)) options.algorithms.insert(*algorithm);
  }
  options.roles_claim = spec.roles_claim;
  options.limits_claim = spec.limits_claim;
  options.leeway = std::chrono::duration_cast<std::chrono::seconds>(spec.leeway);
  return options;
}

}  // namespace

Result<std::unique_ptr<Doorkeeper>> Doorkeeper::Open(const config::ServerSpec& spec, const std::string& control_path, Clock& clock) {
  TR_TRY(auto keys, control::KeyBook::Open(control_path, clock));
  std::unique_ptr<Doorkeeper> keeper(new Doorkeeper(spec, std::move(keys), clock));
  if (spec.jwt) {
    keeper->jwt_ = OptionsOf(*spec.jwt);
    TR_TRY(keeper->token_keys_, TokenKeySource::Open(spec.jwt->jwks));
  }
  TR_TRY(const bool is_loopback, server::IsLoopbackHost(spec.host));
  if (!is_loopback && !spec.jwt && !keeper->keys_->HasValidKey()) {
    return Fail(Error::Invalid(fmt::format(
        "server.listen: {} is reachable from other machines, and there is no key that is valid; make one with `tailrace keys add "
        "--role admin`, listen on 127.0.0.1, or write server.auth: none to let everyone in",
        spec.host)));
  }
  return keeper;
}

void Doorkeeper::Start() {
  keys_->Start();
  if (token_keys_ != nullptr) token_keys_->Start();
}

void Doorkeeper::Stop() {
  keys_->Stop();
  if (token_keys_ != nullptr) token_keys_->Stop();
}

bool Doorkeeper::IsOpen() const { return !spec_.auth_keys && !spec_.jwt && !keys_->HasKeys(); }

Result<auth::CallerPtr> Doorkeeper::Identify(std::string_view credential) {
  const bool is_token = token_keys_ != nullptr && !auth::LooksLikeApiKey(credential);
  return is_token ? IdentifyToken(credential) : keys_->Identify(credential);
}

Result<auth::CallerPtr> Doorkeeper::IdentifyToken(std::string_view token) {
  const auto keys = token_keys_->keys();
  if (keys == nullptr) return Fail(Error::Unavailable("the keys that tokens are signed with have not been read yet"));
  std::string digest = crypto::Sha256(token);
  const WallTime now = clock_.Now();
  if (auto known = Remembered(keys, digest); known != nullptr && known->IsValidAt(now)) return known;
  auto caller = auth::VerifyJwt(token, jwt_, *keys, now);
  if (!caller && caller.error().code() == ErrorCode::kNotFound) {
    token_keys_->Want();
    return Fail(Error::Invalid(caller.error().message()));
  }
  if (caller) Remember(keys, std::move(digest), *caller);
  return caller;
}

auth::CallerPtr Doorkeeper::Remembered(const std::shared_ptr<const auth::TokenKeys>& keys, const std::string& digest) {
  const std::lock_guard lock(mutex_);
  if (remembered_under_ != keys) return nullptr;
  const auto found = remembered_.find(digest);
  return found == remembered_.end() ? nullptr : found->second;
}

void Doorkeeper::Remember(const std::shared_ptr<const auth::TokenKeys>& keys, std::string digest, const auth::CallerPtr& caller) {
  const std::lock_guard lock(mutex_);
  if (remembered_under_ != keys || remembered_.size() >= kTokensRememberedMax) {
    // Who held a key that is gone must not be let in for longer.
    remembered_.clear();
    remembered_under_ = keys;
  }
  remembered_.insert_or_assign(std::move(digest), caller);
}

}  // namespace tailrace::app
