// Who may come in, as server.auth of the pipeline file and the keys that there are say.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "app/token_keys.h"
#include "auth/caller.h"
#include "auth/jwt.h"
#include "base/clock.h"
#include "base/result.h"
#include "config/spec.h"
#include "control/key_book.h"

namespace tailrace::app {

// Threads: thread-safe; Start and Stop from one thread.
class Doorkeeper final : public auth::Authenticator {
 public:
  // `control_path` is made when it is missing. kInvalid: the address is reachable from other machines, and nobody could be known
  // there. Otherwise errors as control::KeyStore.
  static Result<std::unique_ptr<Doorkeeper>> Open(const config::ServerSpec& spec, const std::string& control_path, Clock& clock);

  void Start();
  void Stop();

  // On loopback, until there is the first key, and where no tokens are taken.
  bool IsOpen() const override;
  Result<auth::CallerPtr> Identify(std::string_view credential) override;
  Result<auth::Signer> FindSigner(std::string_view access_key_id) override { return keys_->FindSigner(access_key_id); }

 private:
  Doorkeeper(const config::ServerSpec& spec, std::unique_ptr<control::KeyBook> keys, Clock& clock) : spec_(spec), keys_(std::move(keys)), clock_(clock) {}
  Result<auth::CallerPtr> IdentifyToken(std::string_view token);
  auth::CallerPtr Remembered(const std::shared_ptr<const auth::TokenKeys>& keys, const std::string& digest);
  void Remember(const std::shared_ptr<const auth::TokenKeys>& keys, std::string digest, const auth::CallerPtr& caller);

  const config::ServerSpec spec_;
  const std::unique_ptr<control::KeyBook> keys_;
  Clock& clock_;
  auth::JwtOptions jwt_;                              // constant after Open
  std::unique_ptr<TokenKeySource> token_keys_;        // null: no tokens are taken

  // Tokens that were right, by their SHA-256, under the keys they were right under: a signature costs some 50 us, a request 10.
  std::mutex mutex_;
  std::shared_ptr<const auth::TokenKeys> remembered_under_;           // protected by mutex_
  std::unordered_map<std::string, auth::CallerPtr> remembered_;       // the same
};

}  // namespace tailrace::app
