// The mistakes of a pipeline file as JSON.
#pragma once

#include <string>
#include <vector>

#include "config/load.h"

namespace tailrace::app {

// An array of {"severity", "path"?, "line", "column", "message"}; lines and columns from 1.
std::string DiagnosticsJson(const std::vector<config::Diagnostic>& diagnostics, bool with_path);

}  // namespace tailrace::app
