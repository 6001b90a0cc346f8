// The idempotency keys that a partition remembers, so that a request sent twice is appended once.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/ids.h"

namespace tailrace::log {

// 128 bits of a key: two requests with different keys never meet.
struct KeyHash {
  uint64_t high = 0;
  uint64_t low = 0;
  bool operator==(const KeyHash&) const = default;
};

// MurmurHash3, x64, 128 bits, seed 0: the log keeps it, so it never changes.
KeyHash HashKey(std::string_view key);

// What is known of a request whose records are synced.
struct KeyRecord {
  KeyHash hash;
  uint64_t digest = 0;  // of the request, as the caller gave it
  Offset first;
  Seq first_seq;
  int32_t records = 0;
  int64_t timestamp_ms = 0;
};

inline constexpr size_t kKeyRecordBytes = 16 + 8 + 8 + 8 + 4 + 8;
void AppendKeyRecord(std::string* to, const KeyRecord& record);

// Threads: one at a time; the partition's lock guards it.
class IdempotencyWindow {
 public:
  IdempotencyWindow(int64_t keys_max, std::chrono::milliseconds age_max)
      : keys_max_(keys_max), age_max_ms_(age_max.count()) {}

  struct Known {
    KeyRecord record;  // of a pending one only hash and digest
    bool synced = false;
  };
  // A key older than the window is not known.
  std::optional<Known> Find(const KeyHash& hash, int64_t now_ms);

  // A request with this key is on its way.
  void Begin(const KeyHash& hash, uint64_t digest);
  // It failed: the key is free again.
  void Forget(const KeyHash& hash);
  // It is synced (or was found in the log), newest last.
  void Confirm(const KeyRecord& record);

  size_t size() const { return known_.size(); }

 private:
  struct Hasher {
    size_t operator()(const KeyHash& hash) const { return hash.low; }
  };
  void DropOldest();

  const int64_t keys_max_;
  const int64_t age_max_ms_;
  std::unordered_map<KeyHash, Known, Hasher> known_;
  std::deque<KeyRecord> order_;  // of the synced ones
};

}  // namespace tailrace::log
