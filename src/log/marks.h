// Source positions that were given without records, since the last snapshot: kept beside the log because they hold no
// record that could carry them. Replaced whole each time, which is rare.
#pragma once

#include <string>

#include "base/file_system.h"
#include "log/source_positions.h"

namespace tailrace::log {

// Durable when it returns.
Status WriteMarks(FileSystem& files, const std::string& directory, const SourcePositions& marks);

// None when there is no file; kCorruption.
Result<SourcePositions> ReadMarks(FileSystem& files, const std::string& directory);

}  // namespace tailrace::log
