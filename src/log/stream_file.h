// What a stream's directory says of the stream: its name and in how many partitions its records lie.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_system.h"

namespace tailrace::log {

struct StreamFile {
  std::string name;
  int32_t partitions = 0;
};

Status WriteStreamFile(FileSystem& files, const std::string& directory, const StreamFile& stream);

// kNotFound, kCorruption.
Result<StreamFile> ReadStreamFile(FileSystem& files, const std::string& directory);

}  // namespace tailrace::log
