// What sources did, for the end of a command.
#pragma once

#include <string>
#include <vector>

#include "app/source_runner.h"

namespace tailrace::app {

// A line for each source and one for all; ends with a line break.
std::string SourceReport(const std::vector<SourceSummary>& sources, double seconds);
std::string SourceReportJson(const std::vector<SourceSummary>& sources, double seconds);

}  // namespace tailrace::app
