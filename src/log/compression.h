// The records of a batch, packed and unpacked: LZ4 frames and Zstandard, as Kafka has them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "log/record_batch.h"

namespace tailrace::log {

// More than this out of one batch is refused: a batch of a few bytes must not fill the memory.
inline constexpr size_t kUnpackedBytesMax = size_t{1} << 28;

// Replaces `packed`: room for a header of `header_bytes`, then the records. kInternal: the library refused.
Status Pack(Compression compression, std::string_view records, size_t header_bytes, ByteBuffer* packed);

// The records, then `padding` zero bytes. kCorruption.
Result<std::string> Unpack(Compression compression, std::string_view packed, size_t padding);

}  // namespace tailrace::log
