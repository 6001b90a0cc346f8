// The command line as a whole: finds the command, parses its arguments, runs it.
#pragma once

#include <string>
#include <vector>

#include "app/console.h"
#include "app/exit_code.h"

namespace tailrace::app {

ExitCode RunProgram(int argc, const char* const* argv, Console& console);

// What may be typed after a command, for shell completion.
struct CommandLineShape {
  std::string name;  // "", "run", "log", "log verify"
  std::string summary;
  std::vector<std::string> words;  // commands below it, flags
  bool takes_path = false;         // an argument of it is a file or a folder
};

std::vector<CommandLineShape> CommandLineShapes();

}  // namespace tailrace::app
