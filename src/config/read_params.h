// Parameters of apis and of dashboards as they are written.
#pragma once

#include <vector>

#include "config/reading.h"

namespace tailrace::config {

// The `params` of a mapping. What is wrong with one is told, and `sound` is then false: some are missing here.
std::vector<ParamSpec> ReadParams(const Node& body, bool* sound, Reading& reading);

}  // namespace tailrace::config
