// Whether the place where no whole batch can be found any more is the end of a segment, or damage in it.
#pragma once

#include <optional>

#include "log/batch_scanner.h"
#include "log/synced_file.h"

namespace tailrace::log {

// To be asked when the scanner's Next() found no batch. `last`: the segment is the partition's last one, whose end may
// be followed by zeros or by a batch that was torn as it was written; `synced` is then how far it is known to be
// synced.
Result<bool> EndsHere(BatchScanner& scanner, BatchScanner::Outcome outcome, int64_t segment_bytes, bool last,
                      const std::optional<SyncedPosition>& synced);

}  // namespace tailrace::log
