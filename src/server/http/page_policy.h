// What a browser may do with the console's page (Content Security Policy, level 3).
#pragma once

#include <string_view>

namespace tailrace::server {

// All that the page needs comes from here, and no script or style stands in the page itself. Who may frame it follows: 'none', or sources.
inline constexpr std::string_view kPagePolicyBeforeFrames =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors ";

}  // namespace tailrace::server
