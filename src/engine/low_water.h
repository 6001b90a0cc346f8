// How far the log may be let go of.
#pragma once

#include <string_view>

#include "engine/progress.h"
#include "model/ids.h"

namespace tailrace::engine {

// `held` (what the lake holds of the stream), or less: the lowest that something made from the stream, shadows included, has yet to
// consume.
Positions LowWater(const Progress& progress, std::string_view stream, Positions held);

}  // namespace tailrace::engine
