#include "app/arguments.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>

namespace tailrace::app {
namespace {

// Says what is wrong with a word of the command line; empty: nothing.
using WordCheck = std::function<std::string(const std::string&)>;

WordCheck IsNumber(int64_t min, int64_t max) {
  return [min, max](const std::string& word) -> std::string {
    int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    const bool is_whole = error == std::errc() && end == word.data() + word.size();
    if (is_whole && value >= min && value <= max) return "";
    return "expected a number from " + std::to_string(min) + " to " + std::to_string(max) + ", found " + word;
  };
}

WordCheck IsOneOf(const std::vector<std::string>& choices) {
  return [choices](const std::string& word) -> std::string {
    if (std::find(choices.begin(), choices.end(), word) != choices.end()) return "";
    return "expected " + CLI::detail::join(choices, ", ") + ", found " + word;
  };
}

}  // namespace

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
  parser_.add_option(std::string(name), *to, std::string(help))->check(IsOneOf(choices))->option_text(" ");
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
      ->check(IsOneOf(choices))
      ->option_text(CLI::detail::join(choices, "|"));
}

void Arguments::Number(std::string_view flag, std::string_view help, int64_t min, int64_t max,
                       std::optional<int64_t>* to) {
  parser_
      .add_option_function<int64_t>(
          std::string(flag), [to](const int64_t& value) { *to = value; }, std::string(help))
      ->check(IsNumber(min, max))
      ->option_text("N");
}

void Arguments::Port(std::string_view help, std::optional<uint16_t>* to) {
  parser_
      .add_option_function<uint16_t>(
          "--port", [to](const uint16_t& value) { *to = value; }, std::string(help))
      ->check(IsNumber(0, std::numeric_limits<uint16_t>::max()))
      ->option_text("N");
}

void Arguments::HiddenOption(std::string_view flag, std::string* to) {
  parser_.add_option(std::string(flag), *to)->group("");
}

}  // namespace tailrace::app
