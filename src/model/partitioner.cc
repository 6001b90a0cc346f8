#include "model/partitioner.h"

#include <cstring>

#include "base/check.h"

namespace tailrace {
namespace {

// The constants of Kafka's own murmur2 (org.apache.kafka.common.utils.Utils).
constexpr uint32_t kSeed = 0x9747b28c;
constexpr uint32_t kMultiplier = 0x5bd1e995;
constexpr int kShift = 24;

uint32_t LittleEndian(const char* bytes) {
  uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

uint32_t Byte(std::string_view bytes, size_t index) { return static_cast<unsigned char>(bytes[index]); }

}  // namespace

uint32_t Murmur2(std::string_view bytes) {
  uint32_t hash = kSeed ^ static_cast<uint32_t>(bytes.size());
  size_t words = bytes.size() / 4;
  for (size_t i = 0; i < words; ++i) {
    uint32_t word = LittleEndian(bytes.data() + i * 4) * kMultiplier;
    word = (word ^ (word >> kShift)) * kMultiplier;
    hash = (hash * kMultiplier) ^ word;
  }
  size_t tail = words * 4;
  size_t left = bytes.size() - tail;
  if (left >= 3) hash ^= Byte(bytes, tail + 2) << 16;
  if (left >= 2) hash ^= Byte(bytes, tail + 1) << 8;
  if (left >= 1) hash = (hash ^ Byte(bytes, tail)) * kMultiplier;
  hash = (hash ^ (hash >> 13)) * kMultiplier;
  return hash ^ (hash >> 15);
}

PartitionId PartitionOfKey(std::string_view key, int32_t partitions) {
  TR_CHECK(partitions > 0);
  uint32_t positive = Murmur2(key) & 0x7fffffff;
  return {static_cast<int32_t>(positive % static_cast<uint32_t>(partitions))};
}

}  // namespace tailrace
