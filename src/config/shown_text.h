// A pipeline file as it may be shown to whoever may see the pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tailrace::config {

struct ShownText {
  std::string text;
  int64_t hidden = 0;  // secrets that stand in the file itself
};

// The text with `…` in place of each secret that is written in it: values of keys that hold one (`password`, `bearer`, `client_secret`, headers and
// parameters of such a name, the address of a webhook), and passwords within addresses. `${NAME}` stays: it tells a name. Of a
// comment what follows such a key is hidden. Of a text that is no YAML nothing is shown.
ShownText ShownTextOf(std::string_view text);

}  // namespace tailrace::config
