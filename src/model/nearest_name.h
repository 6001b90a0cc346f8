// The name that a mistyped one was probably meant to be.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tailrace {

// The closest of `names`, letter case aside; empty when none is close (more than a third of the letters differ).
std::string NearestName(std::string_view text, std::span<const std::string_view> names);

// ` (did you mean NAME?)`, or nothing.
std::string DidYouMean(std::string_view text, std::span<const std::string_view> names);

}  // namespace tailrace
