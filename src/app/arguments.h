// What a command takes on its line, declared once: parsed, shown by --help and known to shell completion.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace tailrace::app {

// Threads: one. Ownership: borrows the parser; the places values go to must live until the line has been parsed.
class Arguments {
 public:
  explicit Arguments(CLI::App& parser) : parser_(parser) {}

  // The file, or a folder with pipeline.yaml; `.` when it is not given.
  void Pipeline(std::string* to);

  void Required(std::string_view name, std::string_view help, std::string* to);
  void Optional(std::string_view name, std::string_view help, std::string* to);
  void Choice(std::string_view name, std::string_view help, const std::vector<std::string>& choices, std::string* to);

  // `flag` with its dashes, "-q,--quiet" for two spellings.
  void Flag(std::string_view flag, std::string_view help, bool* to);
  void Option(std::string_view flag, std::string_view value_name, std::string_view help, std::string* to);
  // May be given several times.
  void Options(std::string_view flag, std::string_view value_name, std::string_view help, std::vector<std::string>* to);
  void RequiredOption(std::string_view flag, std::string_view value_name, std::string_view help, std::string* to);
  void ChoiceOption(std::string_view flag, std::string_view help, const std::vector<std::string>& choices,
                    std::string* to);
  void Number(std::string_view flag, std::string_view help, int64_t min, int64_t max, std::optional<int64_t>* to);
  void Port(std::string_view help, std::optional<uint16_t>* to);

  // Parsed, but neither shown by --help nor completed: how the program speaks to itself.
  void HiddenOption(std::string_view flag, std::string* to);

 private:
  CLI::App& parser_;
};

}  // namespace tailrace::app
