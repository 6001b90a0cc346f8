// A pipeline in a few words.
#pragma once

#include <cstddef>
#include <string>

#include "config/spec.h"

namespace tailrace::app {

// "retail: 1 stream, 2 sources, 7 tables"; what there is none of is left out.
std::string DescribeParts(const config::Pipeline& pipeline);

// What comes in by which source and where answers are, for who has just started it: a line for each source, then the paths
// of APIs and collections, in lines of `width`. Nothing of it is secret: neither addresses nor paths of sources are shown.
std::string DescribeWays(const config::Pipeline& pipeline, size_t width);

}  // namespace tailrace::app
