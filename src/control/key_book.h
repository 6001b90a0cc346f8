// The keys as a server looks them up: all in memory, read again when a command has changed them.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "auth/caller.h"
#include "control/key_store.h"

namespace tailrace::control {

// How soon a key that was added or revoked counts.
inline constexpr std::chrono::milliseconds kKeyWatchInterval{200};

// Threads: thread-safe; Start and Stop from one thread.
class KeyBook {
 public:
  // Errors as KeyStore.
  static Result<std::unique_ptr<KeyBook>> Open(const std::string& path, Clock& clock);
  ~KeyBook();

  void Start();
  void Stop();

  // As auth::Authenticator::Identify.
  Result<auth::CallerPtr> Identify(std::string_view credential) const;

  // As auth::Authenticator::FindSigner.
  Result<auth::Signer> FindSigner(std::string_view access_key_id) const;

  // Whether there is any key at all, valid or not: once there was one, the door stays shut without.
  bool HasKeys() const { return has_keys_.load(std::memory_order_relaxed); }
  // Whether a key is valid now.
  bool HasValidKey() const;

  // Reads the keys when another connection has changed them.
  Status Refresh();

 private:
  struct Entry {
    KeyRecord record;
    std::shared_ptr<auth::Caller> caller;
    std::string secret;  // of an access key that can be opened
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  KeyBook(std::unique_ptr<KeyStore> store, Clock& clock) : store_(std::move(store)), clock_(clock) {}
  Status Read();
  Entry EntryOf(const KeyRecord& record, const Entries& before) const;
  std::shared_ptr<const Entries> entries() const;

  std::unique_ptr<KeyStore> store_;  // of Open, then of the watching thread, then of whoever calls Refresh
  Clock& clock_;
  int64_t version_ = -1;
  std::atomic<bool> has_keys_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const Entries> entries_ = std::make_shared<const Entries>();  // protected by mutex_
  std::jthread watch_;
};

}  // namespace tailrace::control
