// Small files that are written whole: a magic word, a length, the bytes, a checksum. See docs/formats/log.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"

namespace tailrace::log {

inline constexpr int64_t kCheckedFileBytesMax = int64_t{1} << 30;

// `magic` has 8 characters. Durable when it returns; after a crash the file is the old one or the new one.
Status WriteCheckedFile(FileSystem& files, const std::string& path, std::string_view magic, std::string_view payload);

// kNotFound; kCorruption when it is not what was written.
Result<std::string> ReadCheckedFile(FileSystem& files, const std::string& path, std::string_view magic);

}  // namespace tailrace::log
