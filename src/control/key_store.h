// API keys in control.sqlite. The file is not under the data folder's lock: a command changes keys while a server runs, and SQLite's
// own locks keep the two apart. Format: docs/formats/control.md.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/grant.h"
#include "base/clock.h"
#include "base/result.h"
#include "sqlite/sqlite.h"

namespace tailrace::control {

inline constexpr size_t kKeysMax = 10'000;
inline constexpr size_t kKeyNameBytesMax = 100;
// Beside control.sqlite: what the secrets of access keys are sealed with.
inline constexpr std::string_view kSealKeyFile = "aws.key";

// What is kept of a key; its text is not.
struct KeyRecord {
  std::string id;
  std::string name;                   // for people
  auth::Grant grant;
  int64_t created_ms = 0;
  std::optional<int64_t> expires_ms;  // not valid from then on
  std::optional<int64_t> revoked_ms;
  std::string replaced_by;            // id of the key that a rotation made for it
  std::string hash;                   // SHA-256 of its text, in hexadecimal; of an access key its sealed secret (docs/formats/control.md)
  bool damaged = false;               // its row is not as it was written: it opens nothing

  bool operator==(const KeyRecord&) const = default;
  // An access key, with which Amazon's clients sign.
  bool IsAws() const;
  bool IsValidAt(int64_t now_ms) const { return !damaged && !revoked_ms && (!expires_ms || now_ms < *expires_ms); }
};

struct NewKeyRequest {
  std::string name;
  auth::Grant grant;
  std::optional<int64_t> expires_ms;
  bool aws = false;  // an access key, with which Amazon's clients sign
};

// Shown once, kept nowhere.
struct IssuedKey {
  KeyRecord record;
  std::string text;  // secret; of an access key its secret access key
};

// Threads:    one at a time. Several processes may have the same file open.
// Errors:     kInvalid = a name or grant that cannot be; kNotFound = no such key; kConflict = the key is not valid any more;
//             kExhausted = kKeysMax, or the disk is full; kUnavailable = another process holds the file for long; kCorruption = the
//             file is damaged.
// Durability: a change is on stable storage when its call returns.
class KeyStore {
 public:
  // Makes the file when it is missing, readable by its owner alone.
  static Result<std::unique_ptr<KeyStore>> Open(const std::string& path, Clock& clock);

  Result<IssuedKey> Add(const NewKeyRequest& request);

  // In the order of their making, those that are not valid any more too.
  Result<std::vector<KeyRecord>> List();

  // Of a key that is revoked already the first time stays.
  Status Revoke(std::string_view id);

  // A new key with the same name, grant and, counted from now, time to live; the old one ends after `overlap_ms`, or when it would
  // have ended anyway.
  Result<IssuedKey> Rotate(std::string_view id, int64_t overlap_ms);

  // The secret of an access key. kNotFound: the key file is not there. kInvalid: it is another one, or the secret was changed.
  Result<std::string> SecretOf(const KeyRecord& record) const;

  // Another number whenever another connection has changed the file.
  Result<int64_t> Version();

 private:
  KeyStore(std::string path, std::unique_ptr<sqlite::Connection> connection, Clock& clock)
      : path_(std::move(path)), connection_(std::move(connection)), clock_(clock) {}

  Result<KeyRecord> Find(std::string_view id);
  Result<IssuedKey> Insert(KeyRecord record, bool aws);
  Status MakeAccessKey(KeyRecord& record, std::string& secret) const;
  Status Write(const KeyRecord& record);
  Status Commit(sqlite::Transaction& transaction);

  const std::string path_;
  std::unique_ptr<sqlite::Connection> connection_;
  Clock& clock_;
};

}  // namespace tailrace::control
