#include "log/file_names.h"

#include <charconv>

namespace tailrace::log {
namespace {

constexpr size_t kDigits = 20;

}  // namespace

std::string NumberedPath(const std::string& directory, int64_t base_offset, std::string_view suffix) {
  const std::string digits = std::to_string(base_offset);
  std::string path = directory + "/";
  path.append(kDigits - digits.size(), '0');
  path += digits;
  path += suffix;
  return path;
}

std::optional<int64_t> NumberOf(std::string_view name, std::string_view suffix) {
  if (name.size() != kDigits + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
  int64_t number = 0;
  const auto parsed = std::from_chars(name.data(), name.data() + kDigits, number);
  if (parsed.ec != std::errc() || parsed.ptr != name.data() + kDigits || number < 0) return std::nullopt;
  return number;
}

}  // namespace tailrace::log
