// CRC-32C (Castagnoli), by the processor's own instruction.
#pragma once

#include <cstdint>
#include <string_view>

namespace tailrace {

// `seed` is the checksum of the bytes before these.
uint32_t Crc32c(std::string_view bytes, uint32_t seed = 0);

}  // namespace tailrace
