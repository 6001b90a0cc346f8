// A program that a job runs.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace tailrace::app {

// What is kept of what a program writes; the rest is left out.
inline constexpr size_t kCommandOutputMax = 4096;

// What a program that is to end has for it, from SIGTERM to SIGKILL.
inline constexpr std::chrono::milliseconds kCommandGrace{3'000};

// Runs a program without a shell, in `folder`, with nothing to read and no descriptors of ours, and returns what it wrote to its output and
// error output. kUnavailable: it ended with another status than 0, or cannot be started; kCancelled: `stop` came first; all
// of its process group got SIGTERM, and what was left of it after `grace` SIGKILL.
Result<std::string> RunCommandStep(const std::vector<std::string>& words, const std::string& folder, const std::stop_token& stop,
                                   std::chrono::milliseconds grace = kCommandGrace);

}  // namespace tailrace::app
