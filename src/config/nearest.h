// Hints at the valid name that was probably meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/yaml.h"

namespace tailrace::config {

// ` (did you mean x?)`; when nothing is near and the candidates are few, ` (there are a, b, c)`; else nothing.
std::string Suggestion(std::string_view name, const std::vector<std::string>& candidates);

// The same for a value of the file; nothing when part of it came from outside the file, as a hint would tell what it
// is.
std::string SuggestionFor(const Node& value, const std::vector<std::string>& candidates);

}  // namespace tailrace::config
