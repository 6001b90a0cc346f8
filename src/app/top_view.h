// What `top` shows: a server's streams, and all that is kept from them, with what moved since the last look.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "app/json_value.h"

namespace tailrace::app {

// Threads: one.
class TopView {
 public:
  // `status` is an answer of /status, and `at` when it came. The text of two tables, aligned, in lines of at most `width_max` characters.
  // Rates are records a second since the answer before; there are none at the first.
  std::string Show(const JsonValue& status, std::chrono::steady_clock::time_point at, size_t width_max);

 private:
  using Counts = std::map<std::string, int64_t>;

  // Of a count that stood at some number when it was last seen: a JSON number, or null when it was not.
  JsonValue Rate(const std::string& name, int64_t now, double seconds);
  std::string Streams(const JsonValue& status, double seconds, size_t width_max);
  std::string Kept(const JsonValue& status, double seconds, size_t width_max);

  std::chrono::steady_clock::time_point before_;
  Counts seen_;
  Counts seeing_;
};

}  // namespace tailrace::app
