// Callers that a test makes.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "auth/caller.h"

namespace tailrace::server {

// Threads: thread-safe.
class ScriptedAuthenticator final : public auth::Authenticator {
 public:
  // The caller, so that a test can end him.
  std::shared_ptr<auth::Caller> Add(const std::string& credential, std::set<auth::Role> roles,
                                    std::optional<std::set<auth::Thing>> things = std::nullopt) {
    auto caller = std::make_shared<auth::Caller>();
    caller->name = "the caller of " + credential;
    caller->grant = {std::move(roles), std::move(things)};
    const std::lock_guard lock(mutex_);
    callers_[credential] = caller;
    return caller;
  }

  // One who signs.
  void AddSigner(const std::string& id, const std::string& secret, std::set<auth::Role> roles, std::optional<std::set<auth::Thing>> things = std::nullopt) {
    auth::Signer signer{Add("the signer " + id, std::move(roles), std::move(things)), secret};
    const std::lock_guard lock(mutex_);
    signers_[id] = std::move(signer);
  }

  bool IsOpen() const override {
    const std::lock_guard lock(mutex_);
    return callers_.empty();
  }
  Result<auth::CallerPtr> Identify(std::string_view credential) override {
    const std::lock_guard lock(mutex_);
    const auto found = callers_.find(std::string(credential));
    if (found == callers_.end()) return Fail(Error::Invalid("nobody"));
    return found->second;
  }

  Result<auth::Signer> FindSigner(std::string_view access_key_id) override {
    const std::lock_guard lock(mutex_);
    const auto found = signers_.find(std::string(access_key_id));
    if (found == signers_.end()) return Fail(Error::Invalid("nobody"));
    return found->second;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<auth::Caller>> callers_;
  std::map<std::string, auth::Signer> signers_;
};

}  // namespace tailrace::server
