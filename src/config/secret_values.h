// What a pipeline file has from outside it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "config/load.h"

namespace tailrace::config {

// The values that `${...}` puts into the file, each once, but for those that are too short to be told from other text and those that the file
// itself shows. Whoever prints what was made of the file hides them. The file is read anew, so that a checked pipeline carries no list of its
// secrets. kNotFound, kUnavailable: it cannot be read.
Result<std::vector<std::string>> SecretValuesOf(const std::string& path, const LoadOptions& options);

// The same of a text; `folder` is where relative paths of `${file:}` start.
std::vector<std::string> SecretValuesIn(std::string_view text, const std::string& folder, const LoadOptions& options);

}  // namespace tailrace::config
