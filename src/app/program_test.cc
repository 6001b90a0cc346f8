#include "app/program.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "app/command.h"
#include "app/completion_script.h"

namespace tailrace::app {
namespace {

TEST(Program, EveryCommandHasASummaryAndAnExampleOfItself) {
  for (const Command& command : Commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_NE(command.example.find("tailrace " + std::string(command.name)), std::string_view::npos) << command.name;
  }
}

TEST(Program, EveryWordOfTheHelpSaysWhatItIsFor) {
  for (const CommandLineShape& shape : CommandLineShapes()) EXPECT_FALSE(shape.summary.empty()) << shape.name;
}

TEST(Program, CompletionKnowsEveryCommandAndItsFlags) {
  const auto shapes = CommandLineShapes();
  const auto named = [&](std::string_view name) {
    return std::find_if(shapes.begin(), shapes.end(), [&](const auto& shape) { return shape.name == name; });
  };
  for (const Command& command : Commands()) EXPECT_NE(named(command.name), shapes.end()) << command.name;
  const auto& words = named("run")->words;
  EXPECT_NE(std::find(words.begin(), words.end(), "--rebuild-changed"), words.end());
  const auto& hidden = named("test")->words;
  EXPECT_EQ(std::find(hidden.begin(), hidden.end(), "--crash-test"), hidden.end());
}

TEST(Program, EachShellHasAScript) {
  for (const std::string_view shell : {"bash", "zsh", "fish"}) {
    const std::string script = CompletionScript(shell, CommandLineShapes());
    EXPECT_NE(script.find("rebuild"), std::string::npos) << shell;
    EXPECT_NE(script.find("log"), std::string::npos) << shell;
  }
}

}  // namespace
}  // namespace tailrace::app
