// Hints at the valid name that was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tailrace::config {

// ` (did you mean x?)`; when nothing is near and the candidates are few, ` (there are a, b, c)`; else nothing.
std::string Suggestion(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace tailrace::config
