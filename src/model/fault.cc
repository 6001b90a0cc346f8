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

}  // namespace tailrace
