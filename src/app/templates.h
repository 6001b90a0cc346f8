// The pipelines that `init` writes.
#pragma once

#include <span>
#include <string_view>

namespace tailrace::app {

struct Template {
  std::string_view name;
  std::string_view summary;
  std::string_view pipeline;  // text of pipeline.yaml
  std::string_view try_it;    // what to type once it runs; {address} stands for the server's
};

std::span<const Template> Templates();

// nullptr when there is none of this name.
const Template* FindTemplate(std::string_view name);

}  // namespace tailrace::app
