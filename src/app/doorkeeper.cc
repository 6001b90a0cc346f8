#include "app/doorkeeper.h"

#include <fmt/format.h>

#include "server/loopback_host.h"

namespace tailrace::app {

Result<std::unique_ptr<Doorkeeper>> Doorkeeper::Open(const config::ServerSpec& spec, const std::string& control_path, Clock& clock) {
  TR_TRY(auto keys, control::KeyBook::Open(control_path, clock));
  std::unique_ptr<Doorkeeper> keeper(new Doorkeeper(spec, std::move(keys)));
  TR_TRY(const bool is_loopback, server::IsLoopbackHost(spec.host));
  if (!is_loopback && !keeper->keys_->HasValidKey()) {
    return Fail(Error::Invalid(fmt::format(
        "server.listen: {} is reachable from other machines, and there is no key that is valid; make one with `tailrace keys add "
        "--role admin`, listen on 127.0.0.1, or write server.auth: none to let everyone in",
        spec.host)));
  }
  return keeper;
}

void Doorkeeper::Start() { keys_->Start(); }
void Doorkeeper::Stop() { keys_->Stop(); }

bool Doorkeeper::IsOpen() const { return !spec_.auth_keys && !keys_->HasKeys(); }

Result<auth::CallerPtr> Doorkeeper::Identify(std::string_view credential) { return keys_->Identify(credential); }

}  // namespace tailrace::app
