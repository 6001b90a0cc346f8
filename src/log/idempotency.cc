#include "log/idempotency.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/bytes.h"

namespace tailrace::log {
namespace {

constexpr int kDropsAtATime = 64;  // of keys that are too old

constexpr uint64_t kC1 = 0x87c37b91114253d5;
constexpr uint64_t kC2 = 0x4cf5ad432745937f;

uint64_t Mix(uint64_t k) {
  k ^= k >> 33;
  k *= 0xff51afd7ed558ccd;
  k ^= k >> 33;
  k *= 0xc4ceb9fe1a85ec53;
  return k ^ (k >> 33);
}

}  // namespace

KeyHash HashKey(std::string_view key) {
  uint64_t h1 = 0;
  uint64_t h2 = 0;
  uint64_t k1 = 0;
  uint64_t k2 = 0;
  std::string_view rest = key;
  for (; rest.size() >= 16; rest.remove_prefix(16)) {
    std::memcpy(&k1, rest.data(), 8);
    std::memcpy(&k2, rest.data() + 8, 8);
    h1 ^= std::rotl(k1 * kC1, 31) * kC2;
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= std::rotl(k2 * kC2, 33) * kC1;
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  char tail[16] = {};
  if (!rest.empty()) std::memcpy(tail, rest.data(), rest.size());
  std::memcpy(&k1, tail, 8);
  std::memcpy(&k2, tail + 8, 8);
  h2 ^= std::rotl(k2 * kC2, 33) * kC1;
  h1 ^= std::rotl(k1 * kC1, 31) * kC2;
  h1 ^= key.size();
  h2 ^= key.size();
  h1 += h2;
  h2 += h1;
  h1 = Mix(h1);
  h2 = Mix(h2);
  h1 += h2;
  h2 += h1;
  return {h1, h2};
}

void AppendKeyRecord(std::string* to, const KeyRecord& record) {
  AppendBig64(to, record.hash.high);
  AppendBig64(to, record.hash.low);
  AppendBig64(to, record.digest);
  AppendBig64(to, static_cast<uint64_t>(record.first.value));
  AppendBig64(to, static_cast<uint64_t>(record.first_seq.value));
  AppendBig32(to, static_cast<uint32_t>(record.records));
  AppendBig64(to, static_cast<uint64_t>(record.timestamp_ms));
}

std::optional<IdempotencyWindow::Known> IdempotencyWindow::Find(const KeyHash& hash, int64_t now_ms) {
  // A few at a time: whoever asks must not wait until a whole day's keys are gone.
  for (int i = 0; i < kDropsAtATime && !records_.empty() && TooOld(records_.front(), now_ms); ++i) DropOldest();
  if (const auto pending = pending_.find(hash); pending != pending_.end()) {
    Known known;
    known.record.hash = hash;
    known.record.digest = pending->second;
    return known;
  }
  if (slots_.empty()) return std::nullopt;
  const uint32_t slot = slots_[SlotOf(hash)];
  if (slot == kFree || TooOld(RecordIn(slot), now_ms)) return std::nullopt;
  return Known{RecordIn(slot), true};
}

bool IdempotencyWindow::TooOld(const KeyRecord& record, int64_t now_ms) const {
  return record.timestamp_ms < now_ms - age_max_ms_;
}

void IdempotencyWindow::Confirm(const KeyRecord& record) {
  pending_.erase(record.hash);
  Insert(record.hash, dropped_ + std::ssize(records_));
  records_.push_back(record);
  while (std::ssize(records_) > keys_max_) DropOldest();
}

std::vector<KeyRecord> IdempotencyWindow::Newest(int64_t count) const {
  const auto taken = static_cast<std::ptrdiff_t>(std::min<int64_t>(count, std::ssize(records_)));
  return {records_.end() - taken, records_.end()};
}

const KeyRecord& IdempotencyWindow::RecordIn(uint32_t slot) const {
  const int64_t place = int64_t{slot} - 1;
  return records_[static_cast<size_t>((place - dropped_) & kPlaceMask)];
}

size_t IdempotencyWindow::SlotOf(const KeyHash& hash) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash.low & mask;
  while (slots_[slot] != kFree && RecordIn(slots_[slot]).hash != hash) slot = (slot + 1) & mask;
  return slot;
}

void IdempotencyWindow::Insert(const KeyHash& hash, int64_t place) {
  if ((used_slots_ + 1) * 4 > std::ssize(slots_) * 3) Grow();
  const size_t slot = SlotOf(hash);
  // A key that came again after it was too old: the new record counts.
  if (slots_[slot] == kFree) ++used_slots_;
  slots_[slot] = static_cast<uint32_t>(place & kPlaceMask) + 1;
}

void IdempotencyWindow::Grow() {
  size_t size = std::max(kSlotsMin, slots_.size() * 2);
  // Beyond this at once as large as it can become: moving a million keys would hold up whoever appends.
  if (size > kSlotsByDoublingMax) size = std::max(size, std::bit_ceil(static_cast<size_t>(keys_max_) * 4 / 3 + 2));
  std::vector<uint32_t> old(size, kFree);
  old.swap(slots_);
  for (const uint32_t slot : old) {
    if (slot != kFree) slots_[SlotOf(RecordIn(slot).hash)] = slot;
  }
}

// Moves up what would not be found any more behind a free slot.
void IdempotencyWindow::Free(size_t slot) {
  const size_t mask = slots_.size() - 1;
  size_t hole = slot;
  for (size_t next = (slot + 1) & mask; slots_[next] != kFree; next = (next + 1) & mask) {
    const size_t home = RecordIn(slots_[next]).hash.low & mask;
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    slots_[hole] = slots_[next];
    hole = next;
  }
  slots_[hole] = kFree;
  --used_slots_;
}

void IdempotencyWindow::DropOldest() {
  const size_t slot = SlotOf(records_.front().hash);
  // The same key may have come again since.
  if (slots_[slot] == static_cast<uint32_t>(dropped_ & kPlaceMask) + 1) Free(slot);
  records_.pop_front();
  ++dropped_;
}

}  // namespace tailrace::log
