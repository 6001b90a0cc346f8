// The pipeline file of a server: checked, with the text that was.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "app/console.h"
#include "app/exit_code.h"
#include "config/spec.h"

namespace tailrace::app {

struct ServedFile {
  config::Pipeline pipeline;
  std::string text;
};

// As LoadForCommand.
tl::expected<ServedFile, ExitCode> LoadServedFile(const std::string& path, Console& console);

}  // namespace tailrace::app
