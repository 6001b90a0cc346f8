// Runs the tests of a pipeline file one by one, each in a scratch folder that is removed afterwards.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/spec.h"

namespace tailrace::app {

// What was not as expected; empty when the test passed. An error is told as a failure, too.
std::vector<std::string> RunScenario(const config::Pipeline& pipeline, size_t test_index, const std::stop_token& stop);

// The part of a test with `crash_after` that ends by SIGKILL, in a process of its own. Returns only when there were too
// few commits to crash after, with their number, or when something failed.
Result<int64_t> FeedUntilCrash(const config::Pipeline& pipeline, size_t test_index, const std::string& data);

// The hidden options with which `test` starts that process.
inline constexpr const char* kCrashTestOption = "--crash-test";
inline constexpr const char* kCrashDataOption = "--crash-data";

// What that process exits with when it could not crash.
inline constexpr int kTooFewCommitsExit = 10;

}  // namespace tailrace::app
