// Parameters of apis: `int = 10 max 100`.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "config/spec.h"

namespace tailrace::config {

// TYPE [= DEFAULT] [min N] [max N]. The type is a single value; a type with `?` or a default need not be given. The
// error says what is wrong with the text.
tl::expected<ParamSpec, std::string> ParseParam(std::string_view name, std::string_view text);

}  // namespace tailrace::config
