#include "ports/object_store.h"

namespace tailrace {

bool IsObjectName(std::string_view name) {
  if (name.empty() || name.ends_with(".tmp") || name.find('\0') != std::string_view::npos) return false;
  while (true) {
    const size_t slash = name.find('/');
    const std::string_view part = name.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == std::string_view::npos) return true;
    name.remove_prefix(slash + 1);
  }
}

}  // namespace tailrace
