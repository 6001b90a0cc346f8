// Runs of jobs and states of alerts in control.sqlite. Format: docs/formats/control.md.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "ports/run_store.h"

namespace tailrace::control {

// Lines of one run's log; those beyond are left out.
inline constexpr int64_t kRunLogLinesMax = 1'000;
inline constexpr size_t kRunLogLineBytesMax = 4096;

// Makes the file when it is missing, readable by its owner alone. Errors as RunStore.
Result<std::unique_ptr<RunStore>> OpenRunTable(const std::string& path);

}  // namespace tailrace::control
