// Scripts that complete the program's command line in a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/program.h"

namespace tailrace::app {

// `shell` is bash, zsh or fish.
std::string CompletionScript(std::string_view shell, const std::vector<CommandLineShape>& shapes);

}  // namespace tailrace::app
