// Reading a file into a stream of a pipeline, whether its server runs or not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "app/source_runner.h"
#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

struct FileLoad {
  config::FileSourceSpec file;
  std::string stream;
  std::optional<uint16_t> port;  // of the server, where it is not that of the file
};

struct LoadResult {
  SourceSummary summary;
  std::vector<std::string> faults;  // of the first refused rows, where the way in tells them
};

struct LoadStep {
  int64_t rows = 0;
  int64_t bytes_done = 0;
  int64_t bytes_all = 0;     // 0: not known
  bool catching_up = false;  // all is read, tables and documents are not yet there
};

using LoadProgress = std::function<void(const LoadStep&)>;

// Takes the data folder's lock and appends to the log; when another process holds the lock, posts to that one. Rows
// that are in the stream from an earlier load of the same file are not put in twice. kInvalid: the file is not what its
// format says. kCancelled: `stop` came first; what was read until then is in the stream.
Result<LoadResult> LoadFile(config::Pipeline pipeline, const FileLoad& load, const LoadProgress& progress,
                            const std::stop_token& stop);

// By the ending of the name; nullopt when it says nothing.
std::optional<config::FileFormat> FormatOfName(std::string_view path);

}  // namespace tailrace::app
