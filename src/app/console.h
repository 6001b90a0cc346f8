// Where a command writes: coloured and aligned for people at a terminal, plain in a pipe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "app/exit_code.h"
#include "base/error.h"

namespace tailrace::app {

enum class Style { kPlain, kBold, kDim, kRed, kGreen, kYellow, kCyan };

// Threads: one at a time.
class Console {
 public:
  // Asks the machine whether stdout and stderr are terminals; NO_COLOR, when set, turns colours off.
  Console();

  bool out_is_terminal() const { return out_is_terminal_; }
  bool err_is_terminal() const { return err_is_terminal_; }
  bool in_is_terminal() const { return in_is_terminal_; }
  bool err_has_colour() const { return err_is_terminal_ && colour_; }
  // Characters in a line of the terminal; kWidthOfPipe where there is none.
  size_t width() const;

  // Adds no line break. A reader that went away is noticed by `out_is_closed`, not by dying.
  void Out(std::string_view text);
  void Err(std::string_view text);
  void OutLine(std::string_view text);
  void ErrLine(std::string_view text);
  bool out_is_closed() const { return out_is_closed_; }

  // `text` in a style where stdout (stderr) shows it, else as it is.
  std::string Paint(Style style, std::string_view text) const;
  std::string PaintErr(Style style, std::string_view text) const;

  // "error: ..." on stderr, and the exit code that goes with it.
  ExitCode Report(const Error& error);
  ExitCode Wrong(std::string_view message);

  // Asks for y or yes. False as well when nobody is there to answer.
  bool Confirm(std::string_view question);

  static constexpr size_t kWidthOfPipe = 120;

 private:
  bool out_is_terminal_;
  bool err_is_terminal_;
  bool in_is_terminal_;
  bool colour_;
  bool out_is_closed_ = false;
};

// Characters that `text` takes on a terminal: its code points, wide ones not counted twice.
size_t DisplayWidth(std::string_view text);

// 1234567 as "1,234,567".
std::string Grouped(int64_t number);

// "1 row", "2 rows".
std::string Counted(int64_t number, std::string_view noun);

}  // namespace tailrace::app
