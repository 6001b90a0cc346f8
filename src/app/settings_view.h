// Keys, limits, sizes and the pipeline file of a running server, as its settings routes tell them.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "app/doorkeeper.h"
#include "app/limits.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "config/spec.h"
#include "control/key_store.h"
#include "server/settings.h"

namespace tailrace::app {

// Threads: thread-safe. Ownership: borrows its parts.
class SettingsView final : public server::Settings {
 public:
  struct Parts {
    const config::Pipeline& pipeline;
    const std::string& file_text;  // empty: not known
    std::string data;              // the folder
    const PartLimits& limits;
    const Metrics& metrics;
    Clock& clock;
    const Doorkeeper* doorkeeper;  // null: server.auth: none
  };
  explicit SettingsView(Parts parts) : parts_(std::move(parts)) {}

  Result<std::string> Keys() override;
  Result<std::string> AddKey(const server::KeyOrder& order, std::string_view by) override;
  Status RevokeKey(std::string_view id, std::string_view by) override;
  Result<std::string> Overview(const std::stop_token& stop) override;
  Result<std::string> File() override;
  Result<std::string> Check(std::string_view text, const std::stop_token& stop) override;

 private:
  Status CheckDoor() const;
  Result<control::KeyStore*> Store();  // under mutex_
  Result<control::NewKeyRequest> RequestOf(const server::KeyOrder& order) const;

  const Parts parts_;
  std::mutex mutex_;
  std::unique_ptr<control::KeyStore> store_;  // protected by mutex_
};

}  // namespace tailrace::app
