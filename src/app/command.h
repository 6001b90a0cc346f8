// One command of the program. Each is one file in commands/, and one line in the table of commands.cc.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "app/arguments.h"
#include "app/console.h"
#include "app/exit_code.h"

namespace tailrace::app {

// What is done once the line has been parsed.
using Action = std::function<ExitCode(Console&)>;

struct Command {
  std::string_view name;     // "check"; "log verify" is `verify` below `log`
  std::string_view summary;  // one line
  std::string_view example;  // shown by --help: lines as typed, with what they do
  Action (*declare)(Arguments& arguments);
};

std::span<const Command> Commands();

}  // namespace tailrace::app
