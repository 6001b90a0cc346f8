#include "log/segment_end.h"

namespace tailrace::log {

Result<bool> EndsHere(BatchScanner& scanner, BatchScanner::Outcome outcome, int64_t segment_bytes, bool last,
                      const std::optional<SyncedPosition>& synced) {
  if (!last) return outcome == BatchScanner::Outcome::kEnd && scanner.position() == segment_bytes;
  // By offset, not by byte: a repair moves bytes.
  if (synced && scanner.expected_offset() < synced->end) return false;
  if (outcome == BatchScanner::Outcome::kEnd) return true;
  TR_TRY(const bool followed, scanner.FollowedByBatch());
  return !followed;
}

}  // namespace tailrace::log
