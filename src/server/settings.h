// What the routes of keys, settings and the pipeline file need of the program.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tailrace::server {

// A key that somebody asks for.
struct KeyOrder {
  std::string name;
  std::vector<std::string> roles;
  std::optional<std::vector<std::string>> only;  // KIND:NAME; nullopt: everything
  std::string expires;                           // how long it is valid, such as 90d; empty: until it is revoked
  bool aws = false;
};

// Threads: thread-safe; calls read files, so none runs on a loop. What they return is a JSON object.
class Settings {
 public:
  virtual ~Settings() = default;

  // {"keys", "door"}: "door" is "keys" (everybody is asked for one), "open" (nobody is until there is the first) or "none".
  virtual Result<std::string> Keys() = 0;
  // With the key's text, which is told this once. `by`: who asks, for the log. kInvalid, kNotFound: no such role, part or time. kConflict: nobody is
  // asked for keys here, so a stranger could lay one by for later.
  virtual Result<std::string> AddKey(const KeyOrder& order, std::string_view by) = 0;
  // kNotFound: there is none. kConflict as AddKey.
  virtual Status RevokeKey(std::string_view id, std::string_view by) = 0;

  // Versions, limits with what is used of them, sizes on disk. kCancelled: `stop`.
  virtual Result<std::string> Overview(const std::stop_token& stop) = 0;

  // The pipeline file as the running server read it, without the secrets that are written in it.
  virtual Result<std::string> File() = 0;
  // What `check` says of a file that reads `text`. Nothing outside it is looked at: no variable, no file.
  virtual Result<std::string> Check(std::string_view text, const std::stop_token& stop) = 0;
};

}  // namespace tailrace::server
