// What stands in a segment for records that are lost: `log repair` writes it where it has taken damaged bytes out.
//
// In the place of each lost record stands one whose value is a JSON text that says so. No schema takes a text for a
// record, so every stream that reads over the gap gets a dead letter for each, every account that counts records stays
// right, and nothing is lost in silence.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "log/record_batch.h"

namespace tailrace::log {

struct LostOffsets {
  int64_t first = 0;
  int64_t end = 0;  // one past the last
};

// A gap of more records is not made: it would rather be a damaged offset that is believed.
inline constexpr int64_t kLostRecordsMax = 10'000'000;

struct Gap {
  LostOffsets lost;  // at least one
  int64_t seq = 0;   // `_seq` of the last of them
  int64_t timestamp_ms = 0;
  std::string quarantine;  // name of the file that holds what was there; empty when there was nothing
};

// The batches, one after the other. kInternal: the compressor failed.
Result<std::string> EncodeGap(const Gap& gap);

// The lost offsets that a record ends, as its header says; nullopt when it is a record like any other.
std::optional<LostOffsets> LostOf(const RecordView& record);

}  // namespace tailrace::log
