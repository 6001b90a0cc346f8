#include "documents/checksum.h"

#include <nmmintrin.h>

#include <cstring>

namespace tailrace::documents {
namespace {

uint32_t Extend(uint32_t crc, std::string_view bytes) {
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint64_t state = crc;
  for (; left >= sizeof(uint64_t); left -= sizeof(uint64_t), at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, at, sizeof(word));
    state = _mm_crc32_u64(state, word);
  }
  auto narrow = static_cast<uint32_t>(state);
  for (; left > 0; --left, ++at) narrow = _mm_crc32_u8(narrow, static_cast<uint8_t>(*at));
  return narrow;
}

}  // namespace

uint32_t DocumentChecksum(std::string_view key, std::string_view json) {
  uint32_t crc = Extend(~0U, key);
  crc = _mm_crc32_u8(crc, 0);
  return ~Extend(crc, json);
}

}  // namespace tailrace::documents
