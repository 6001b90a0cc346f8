#include "log/idempotency.h"

#include <bit>
#include <cstring>

#include "base/bytes.h"

namespace tailrace::log {
namespace {

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
  while (!order_.empty() && order_.front().timestamp_ms < now_ms - age_max_ms_) DropOldest();
  const auto found = known_.find(hash);
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

void IdempotencyWindow::Begin(const KeyHash& hash, uint64_t digest) {
  Known pending;
  pending.record.hash = hash;
  pending.record.digest = digest;
  known_.emplace(hash, pending);
}

void IdempotencyWindow::Forget(const KeyHash& hash) { known_.erase(hash); }

void IdempotencyWindow::Confirm(const KeyRecord& record) {
  known_[record.hash] = {record, true};
  order_.push_back(record);
  while (std::ssize(order_) > keys_max_) DropOldest();
}

void IdempotencyWindow::DropOldest() {
  const KeyRecord& oldest = order_.front();
  const auto found = known_.find(oldest.hash);
  // The same key may have come again since, or be on its way.
  if (found != known_.end() && found->second.synced && found->second.record.first == oldest.first) known_.erase(found);
  order_.pop_front();
}

}  // namespace tailrace::log
