// What batches tell besides their values: the numbers they took, the source positions, the idempotency keys and the origins
// in their records' headers. A start and a repair learn it from the same bytes in the same way.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/gap.h"
#include "log/idempotency.h"
#include "log/origin_header.h"
#include "log/record_batch.h"
#include "log/source_positions.h"

namespace tailrace::log {

struct BatchKnowledge {
  SourcePositions positions;
  std::vector<KeyRecord> keys;    // oldest first
  std::vector<LostOffsets> lost;  // what gaps stand for
  std::vector<OriginCount> origins;
  int64_t next_seq = 1;
  int64_t newest_ms = 0;

  // Adds a batch; `records` is everything after its header. kCorruption: the records are not what the header says, and
  // what stands before the fault may have been added.
  Status Take(const BatchHeader& header, std::string_view records);
};

}  // namespace tailrace::log
