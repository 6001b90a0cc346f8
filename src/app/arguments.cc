#include "app/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace tailrace::app {

void Arguments::Pipeline(std::string* to) {
  Optional("PIPELINE", "The pipeline file, or a folder with pipeline.yaml (default: the current folder)", to);
}

void Arguments::Required(std::string_view name, std::string_view help, std::string* to) {
  parser_.add_option(std::string(name), *to, std::string(help))->required()->option_text(" ");
}

void Arguments::Optional(std::string_view name, std::string_view help, std::string* to) {
  parser_.add_option(std::string(name), *to, std::string(help))->option_text(" ");
}

void Arguments::Choice(std::string_view name, std::string_view help, const std::vector<std::string>& choices,
                       std::string* to) {
  parser_.add_option(std::string(name), *to, std::string(help))->check(CLI::IsMember(choices))->option_text(" ");
}

void Arguments::Flag(std::string_view flag, std::string_view help, bool* to) {
  parser_.add_flag(std::string(flag), *to, std::string(help));
}

void Arguments::Option(std::string_view flag, std::string_view value_name, std::string_view help, std::string* to) {
  parser_.add_option(std::string(flag), *to, std::string(help))->option_text(std::string(value_name));
}

void Arguments::Options(std::string_view flag, std::string_view value_name, std::string_view help,
                        std::vector<std::string>* to) {
  parser_.add_option(std::string(flag), *to, std::string(help))->allow_extra_args(false)->option_text(std::string(value_name));
}

void Arguments::RequiredOption(std::string_view flag, std::string_view value_name, std::string_view help,
                               std::string* to) {
  parser_.add_option(std::string(flag), *to, std::string(help))->required()->option_text(std::string(value_name));
}

void Arguments::ChoiceOption(std::string_view flag, std::string_view help, const std::vector<std::string>& choices,
                             std::string* to) {
  parser_.add_option(std::string(flag), *to, std::string(help))
      ->check(CLI::IsMember(choices))
      ->option_text(CLI::detail::join(choices, "|"));
}

void Arguments::Number(std::string_view flag, std::string_view help, int64_t min, int64_t max,
                       std::optional<int64_t>* to) {
  parser_
      .add_option_function<int64_t>(
          std::string(flag), [to](const int64_t& value) { *to = value; }, std::string(help))
      ->check(CLI::Range(min, max))
      ->option_text("N");
}

void Arguments::Port(std::string_view help, std::optional<uint16_t>* to) {
  parser_
      .add_option_function<uint16_t>(
          "--port", [to](const uint16_t& value) { *to = value; }, std::string(help))
      ->option_text("N");
}

void Arguments::HiddenOption(std::string_view flag, std::string* to) {
  parser_.add_option(std::string(flag), *to)->group("");
}

}  // namespace tailrace::app
