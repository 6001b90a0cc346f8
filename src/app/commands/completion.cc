#include <memory>
#include <string>

#include "app/commands/declare.h"
#include "app/completion_script.h"
#include "app/program.h"

namespace tailrace::app {

Action DeclareCompletion(Arguments& arguments) {
  const auto shell = std::make_shared<std::string>();
  arguments.Choice("SHELL", "bash, zsh or fish", {"bash", "zsh", "fish"}, shell.get());
  return [shell](Console& console) {
    if (shell->empty()) return console.Wrong("which shell? `tailrace completion bash`, zsh or fish");
    console.Out(CompletionScript(*shell, CommandLineShapes()));
    return ExitCode::kDone;
  };
}

}  // namespace tailrace::app
