// The program's version, as CMakeLists.txt has it.
#pragma once

#include <string_view>

namespace tailrace::app {

inline constexpr std::string_view kVersion = TAILRACE_VERSION;

}  // namespace tailrace::app
