// What stands in a segment for records that are lost: `log repair` writes it where it has taken damaged bytes out.
//
// An empty batch (as Kafka's compaction leaves them) takes all but the last of the lost offsets, and a batch of one
// record takes the last. That record is a JSON text which says what was lost; no schema takes a text for a record, so
// every stream that reads over the gap gets a dead letter with the loss named in it, and nothing is lost in silence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "log/record_batch.h"

namespace tailrace::log {

struct LostOffsets {
  int64_t first = 0;
  int64_t end = 0;  // one past the last
};

struct Gap {
  LostOffsets lost;  // at least one
  int64_t seq = 0;   // `_seq` of the last lost offset
  int64_t timestamp_ms = 0;
  std::string quarantine;  // name of the file that holds what was there; empty when there was nothing
};

// The batches, one after the other.
std::string EncodeGap(const Gap& gap);

// What a record stands for; nullopt when it is one like any other.
std::optional<LostOffsets> LostOf(const RecordView& record);

}  // namespace tailrace::log
