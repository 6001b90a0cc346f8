// The files of a pipeline's log, for commands that look at them from outside.
#pragma once

#include <optional>
#include <string>

#include "app/data_directory.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

struct LogFolder {
  std::string records;                // of all streams, or of one
  std::string dead_letters;           // theirs
  std::optional<DataDirectory> held;  // keeps writers away while it lives
};

// `stream` is empty for all of them. With `exclusive`, kConflict when another process uses the data.
// kNotFound: no such stream, or nothing has been written yet.
Result<LogFolder> OpenLogFolder(const config::Pipeline& pipeline, const std::string& stream, bool exclusive);

}  // namespace tailrace::app
