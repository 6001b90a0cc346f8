// A program that a job runs.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace::app {

// What is kept of what a program writes; the rest is left out.
inline constexpr size_t kCommandOutputMax = 4096;

// Runs a program without a shell, in `folder`, with nothing to read and no descriptors of ours, and returns what it wrote to its output and
// error output. kUnavailable: it ended with another status than 0, or cannot be started; kCancelled: `stop` came first, and it was killed
// with all that it had started.
Result<std::string> RunCommandStep(const std::vector<std::string>& words, const std::string& folder, const std::stop_token& stop);

}  // namespace tailrace::app
