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

void AppendKeyRecord(std::string* to, const KeyRecord& record);

// The keys that a partition remembers, the newest `keys_max` that are not older than `age_max`.
// Threads: one at a time; the partition's lock guards it.
// Memory:  kBytesPerKey for each key at most, taken as keys come; nothing is given back before they are too old.
class IdempotencyWindow {
 public:
  // A record, and its place in a table that is kept less than three quarters full.
  static constexpr size_t kBytesPerKey = 72;

  IdempotencyWindow(int64_t keys_max, std::chrono::milliseconds age_max)
      : keys_max_(keys_max), age_max_ms_(age_max.count()) {}

  struct Known {
    KeyRecord record;  // of a pending one only hash and digest
    bool synced = false;
  };
  // A key older than the window is not known.
  std::optional<Known> Find(const KeyHash& hash, int64_t now_ms);

  // A request with this key is on its way.
  void Begin(const KeyHash& hash, uint64_t digest) { pending_[hash] = digest; }
  // It failed: the key is free again.
  void Forget(const KeyHash& hash) { pending_.erase(hash); }
  // It is synced (or was found in the log), newest last.
  void Confirm(const KeyRecord& record);

  // The newest of the synced ones, oldest first; fewer where the window holds no more.
  std::vector<KeyRecord> Newest(int64_t count) const;

  size_t size() const { return static_cast<size_t>(used_slots_) + pending_.size(); }

 private:
  struct Hasher {
    size_t operator()(const KeyHash& hash) const { return hash.low; }
  };
  static constexpr uint32_t kFree = 0;
  static constexpr size_t kSlotsMin = 64;
  static constexpr size_t kSlotsByDoublingMax = size_t{1} << 16;
  static constexpr int64_t kPlaceMask = 0x7fffffff;

  // Open addressing with linear probing over records_: a slot holds the place of a record in the order of all that ever
  // came (its low 31 bits, plus one), so that it stays right when the oldest go.
  const KeyRecord& RecordIn(uint32_t slot) const;
  size_t SlotOf(const KeyHash& hash) const;  // the key's, or the free one where it would go
  void Insert(const KeyHash& hash, int64_t place);
  void Grow();
  void Free(size_t slot);
  void DropOldest();
  bool TooOld(const KeyRecord& record, int64_t now_ms) const;

  const int64_t keys_max_;
  const int64_t age_max_ms_;
  std::unordered_map<KeyHash, uint64_t, Hasher> pending_;  // digests
  std::deque<KeyRecord> records_;                          // synced, oldest first
  int64_t dropped_ = 0;                                    // place of records_.front()
  std::vector<uint32_t> slots_;                            // a power of two of them
  int64_t used_slots_ = 0;
};

}  // namespace tailrace::log
