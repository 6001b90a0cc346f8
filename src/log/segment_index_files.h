// The two index files of a sealed segment.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "log/segment_index.h"

namespace tailrace::log {

inline constexpr int64_t kIndexBytesMax = int64_t{64} << 20;

// Durable when it returns.
Status WriteIndexFiles(FileSystem& files, const std::string& directory, int64_t base_offset, const SegmentIndex& index);

enum class IndexState { kRight, kMissing, kWrong };
// Whether one of them holds the bytes that its segment gives.
Result<IndexState> StateOfIndex(FileSystem& files, const std::string& directory, int64_t base_offset,
                                std::string_view suffix, std::string_view expected);

}  // namespace tailrace::log
