// What the files of an hour of the raw lake hold, with their hashes; and where the next file will be cut. docs/formats/lake.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lake/raw_file.h"
#include "ports/object_store.h"

namespace tailrace::lake {

// The files of a stream that arrived in one hour.
// Errors of all: those of the store; kCorruption = an object is not what was written there.

Result<std::vector<RawFile>> ReadRawManifest(ObjectStore& objects, const std::string& stream, int64_t hour);

// Adds the file, or puts it in the place of one with the same cut.
Status AddToRawManifest(ObjectStore& objects, const std::string& stream, const RawFile& file);

// The last cut that was decided, whether its file is written or not.
Result<std::optional<RawCut>> ReadRawCut(ObjectStore& objects, const std::string& stream, PartitionId partition);
Status WriteRawCut(ObjectStore& objects, const std::string& stream, const RawCut& cut);

}  // namespace tailrace::lake
