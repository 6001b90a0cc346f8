// Who may come in, as server.auth of the pipeline file and the keys that there are say.
#pragma once

#include <memory>
#include <string>

#include "auth/caller.h"
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

  // On loopback, until there is the first key.
  bool IsOpen() const override;
  Result<auth::CallerPtr> Identify(std::string_view credential) override;

 private:
  Doorkeeper(const config::ServerSpec& spec, std::unique_ptr<control::KeyBook> keys) : spec_(spec), keys_(std::move(keys)) {}

  const config::ServerSpec spec_;
  const std::unique_ptr<control::KeyBook> keys_;
};

}  // namespace tailrace::app
