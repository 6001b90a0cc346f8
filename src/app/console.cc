#include "app/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>

namespace tailrace::app {
namespace {

std::string_view StyleCode(Style style) {
  switch (style) {
    case Style::kPlain:
      return "0";
    case Style::kBold:
      return "1";
    case Style::kDim:
      return "2";
    case Style::kRed:
      return "31";
    case Style::kGreen:
      return "32";
    case Style::kYellow:
      return "33";
    case Style::kCyan:
      return "36";
  }
  return "0";
}

std::string Painted(bool coloured, Style style, std::string_view text) {
  if (!coloured) return std::string(text);
  return fmt::format("\x1b[{}m{}\x1b[0m", StyleCode(style), text);
}

}  // namespace

Console::Console()
    : out_is_terminal_(::isatty(STDOUT_FILENO) == 1),
      err_is_terminal_(::isatty(STDERR_FILENO) == 1),
      in_is_terminal_(::isatty(STDIN_FILENO) == 1),
      colour_(std::getenv("NO_COLOR") == nullptr) {}

size_t Console::width() const {
  winsize size{};
  const int terminal = out_is_terminal_ ? STDOUT_FILENO : STDERR_FILENO;
  if (::ioctl(terminal, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kWidthOfPipe;
}

void Console::Out(std::string_view text) {
  if (out_is_closed_) return;
  const size_t written = std::fwrite(text.data(), 1, text.size(), stdout);
  if (written != text.size() || std::fflush(stdout) != 0) out_is_closed_ = true;
}

void Console::Err(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void Console::OutLine(std::string_view text) { Out(fmt::format("{}\n", text)); }

void Console::ErrLine(std::string_view text) { Err(fmt::format("{}\n", text)); }

std::string Console::Paint(Style style, std::string_view text) const {
  return Painted(out_is_terminal_ && colour_, style, text);
}

std::string Console::PaintErr(Style style, std::string_view text) const {
  return Painted(err_has_colour(), style, text);
}

ExitCode Console::Report(const Error& error) {
  ErrLine(fmt::format("{} {}", PaintErr(Style::kRed, "error:"), error.message()));
  return ExitCodeOf(error);
}

ExitCode Console::Wrong(std::string_view message) { return Report(Error::Invalid(std::string(message))); }

bool Console::Confirm(std::string_view question) {
  if (!in_is_terminal_) return false;
  Err(fmt::format("{} [y/N] ", question));
  std::string answer;
  if (!std::getline(std::cin, answer)) return false;
  return answer == "y" || answer == "Y" || answer == "yes";
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++width;
  }
  return width;
}

std::string Grouped(int64_t number) {
  std::string digits = std::to_string(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t place = digits.size(); place > first + 3; place -= 3) digits.insert(place - 3, 1, ',');
  return digits;
}

std::string Counted(int64_t number, std::string_view noun) {
  return fmt::format("{} {}{}", Grouped(number), noun, number == 1 ? "" : "s");
}

}  // namespace tailrace::app
