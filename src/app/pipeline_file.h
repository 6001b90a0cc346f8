// Reading the pipeline file for a command: its mistakes are shown, and only a checked pipeline comes back.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "app/console.h"
#include "app/exit_code.h"
#include "config/load.h"
#include "config/spec.h"

namespace tailrace::app {

// Values of ${NAME} come from the environment of the process.
config::LoadOptions LoadOptionsOfProcess();

// Shows errors on stderr; warnings are left to `check`.
tl::expected<config::Pipeline, ExitCode> LoadForCommand(const std::string& path, Console& console);

}  // namespace tailrace::app
