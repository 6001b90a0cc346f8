// A pipeline in a few words.
#pragma once

#include <string>

#include "config/spec.h"

namespace tailrace::app {

// "retail: 1 stream, 2 sources, 7 tables"; what there is none of is left out.
std::string DescribeParts(const config::Pipeline& pipeline);

}  // namespace tailrace::app
