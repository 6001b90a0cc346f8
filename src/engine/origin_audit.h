// Records of a stream by who brought them: as the log counts them, and counted again from what it holds.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/event_log.h"

namespace tailrace::engine {

// Where a stream and its dead letters are in the log.
struct StreamIds {
  StreamId records;
  StreamId dead_letters;
};

struct AuditedOrigin {
  std::string name;          // of the source or door; "" is unknown: of a version that kept none
  int64_t accepted = 0;      // records ever appended
  int64_t refused = 0;       // entries of the dead-letter log that it was refused with
  int64_t duplicates = 0;    // records that came again under a known Idempotency-Key since the start, and were not appended again
  std::optional<int64_t> recount;  // of `accepted`, from the log
};

// What the partitions of a stream and of its dead letters say, at one moment each.
struct OriginCounts {
  std::vector<PartitionStatus> partitions;
  std::vector<AuditedOrigin> origins;  // by name
  std::string difference;              // why they do not add up to the records there are; empty when they do
};

OriginCounts CountOrigins(const EventLog& log, const StreamIds& ids);

// Reads every record that `counts` is of, as far as the log still holds it, and sets `recount`, and `difference` where that is another
// number. Errors: those of the log; kCancelled.
Status RecountOrigins(EventLog& log, const StreamIds& ids, OriginCounts* counts, const std::stop_token& stop);

}  // namespace tailrace::engine
