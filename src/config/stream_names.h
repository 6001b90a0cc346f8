// Streams as people and clients call them: by their name or an alias.
#pragma once

#include <string>

#include "base/result.h"
#include "config/spec.h"

namespace tailrace::config {

// The name of the stream that has this alias; `name` itself where it is none.
std::string WithoutAlias(const Pipeline& pipeline, const std::string& name);

// The stream's own name. kInvalid: no such stream; the text names the nearest.
Result<std::string> StreamCalled(const Pipeline& pipeline, const std::string& name);

}  // namespace tailrace::config
