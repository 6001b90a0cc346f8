// Which partition a key belongs to: murmur2 of the key's text, as Kafka's Java clients do, so that both agree.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/ids.h"

namespace tailrace {

uint32_t Murmur2(std::string_view bytes);

PartitionId PartitionOfKey(std::string_view key, int32_t partitions);

}  // namespace tailrace
