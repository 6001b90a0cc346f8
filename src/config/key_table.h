// Every key of the pipeline file, in one table.
#pragma once

#include <cstdint>
#include <string>

#include "config/shape.h"

namespace tailrace::config {

inline constexpr int64_t kRetriesMax = 100;
inline constexpr int64_t kCatchUpRunsMax = 1000;
inline constexpr int64_t kVolumeMax = int64_t{1} << 53;
inline constexpr int64_t kPartitionsMax = 256;
inline constexpr int64_t kGenerateRowsMax = int64_t{1} << 53;
// Of chance that repeats.
inline constexpr int64_t kSeedMax = int64_t{1} << 53;
inline constexpr int64_t kCrashAfterMax = 1'000'000;
inline constexpr size_t kPollEachMax = 10'000;
inline constexpr int64_t kPollPageSizeMax = 1'000'000;
inline constexpr int64_t kPollPagesMax = 100'000;
inline constexpr int64_t kPollTriesMax = 20;

// The shape of the whole file.
const Shape& PipelineShape();

// A Markdown list of every key, for docs/pipeline-file.md.
std::string KeyReference();

}  // namespace tailrace::config
