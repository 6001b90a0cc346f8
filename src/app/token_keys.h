// The public keys of tokens, from a file or an address, read again now and then.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "auth/jwks.h"
#include "base/result.h"

namespace tailrace::app {

// How often an address is asked, and how soon again after a failure or for a key that is not known.
inline constexpr std::chrono::seconds kTokenKeysRefresh{300};
inline constexpr std::chrono::seconds kTokenKeysRetry{10};
// One request for keys.
inline constexpr std::chrono::seconds kTokenKeysTimeout{10};
// How often a file is looked at.
inline constexpr std::chrono::seconds kTokenKeysFileLook{1};

// Threads: thread-safe; Start and Stop from one thread.
class TokenKeySource {
 public:
  // `place`: a path, or an http or https address. Reads the keys once; of an address that does not answer only a warning is logged, and
  // it is asked again. kInvalid: a file that is not there or no set of keys.
  static Result<std::unique_ptr<TokenKeySource>> Open(std::string place);
  ~TokenKeySource();

  void Start();
  void Stop();

  // The keys read last; null before the first. What cannot be read again leaves them as they are.
  std::shared_ptr<const auth::TokenKeys> keys() const;

  // A token named a key that is not there: they are asked for again, at most once in kTokenKeysRetry.
  void Want();

 private:
  explicit TokenKeySource(std::string place);
  void Watch(const std::stop_token& stop);
  Status Read(const std::stop_token& stop);
  Result<std::string> Fetch(const std::stop_token& stop) const;
  bool IsDue(std::chrono::steady_clock::time_point now);

  const std::string place_;
  const bool is_address_;
  std::string text_;                                   // read last; the watching thread's
  std::chrono::steady_clock::time_point tried_{};      // the same
  bool failing_ = false;                               // the same
  std::atomic<bool> wanted_{false};
  mutable std::mutex mutex_;
  std::shared_ptr<const auth::TokenKeys> keys_;        // protected by mutex_
  std::jthread watch_;
};

}  // namespace tailrace::app
