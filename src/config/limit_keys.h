// The limits that `server.limits` of the pipeline file may set, in one table: the file's parser, its JSON Schema, `tailrace limits` and
// docs/limits.md are made from it. Their values are put where they belong by app/limits.cc.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tailrace::config {

enum class LimitUnit { kCount, kBytes, kBytesPerSecond, kMilliseconds };

struct LimitKey {
  std::string_view name;    // below server.limits
  LimitUnit unit;
  int64_t default_value;    // 0: a share of server.memory
  int64_t min;
  int64_t max;
  std::string_view help;    // what is bounded
  std::string_view beyond;  // what happens to one that asks for more
};

std::span<const LimitKey> LimitKeys();
const LimitKey* FindLimitKey(std::string_view name);

// `64MiB`, `30s`, `10000`, as it may be written in the file.
std::string LimitText(LimitUnit unit, int64_t value);

// The least of server.memory: what the program needs for itself and one large request.
inline constexpr int64_t kMemoryMin = int64_t{256} << 20;
inline constexpr int64_t kMemoryMax = int64_t{1} << 50;

}  // namespace tailrace::config
