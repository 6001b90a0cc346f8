#include "model/fault.h"

namespace tailrace {

std::string Fault::Reason() const { return "expected " + expected + ", found " + found; }

std::string Fault::Message() const { return pointer.empty() ? Reason() : pointer + ": " + Reason(); }

std::string PointerStep(std::string_view name) {
  std::string step = "/";
  for (char c : name) {
    if (c == '~') step += "~0";
    else if (c == '/') step += "~1";
    else step += c;
  }
  return step;
}

std::string CutText(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return std::string(text);
  size_t end = bytes_max;
  // Not inside a character of UTF-8, whose later bytes are 10xxxxxx.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace tailrace
