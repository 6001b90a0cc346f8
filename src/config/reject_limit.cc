#include "config/reject_limit.h"

#include <charconv>

#include "config/quantity.h"

namespace tailrace::config {
namespace {

constexpr std::string_view kOf = " of ";
constexpr double kAll = 100;

template <typename Number>
bool ReadAll(std::string_view text, Number* number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), *number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() && !text.empty() && text.front() != '-';
}

}  // namespace

std::optional<RejectLimit> ParseRejectLimit(std::string_view text) {
  RejectLimit limit;
  limit.text = std::string(text);
  const size_t of = text.find(kOf);
  std::string_view amount = text.substr(0, of);
  if (of != std::string_view::npos) {
    const auto window = ParseDuration(text.substr(of + kOf.size()));
    if (!window || *window == 0) return std::nullopt;
    limit.window_ms = *window;
  }
  if (amount.empty() || amount.back() != '%') return ReadAll(amount, &limit.count) ? std::optional(limit) : std::nullopt;
  amount.remove_suffix(1);
  double percent = 0;
  if (limit.window_ms == 0 || !ReadAll(amount, &percent) || !(percent <= kAll)) return std::nullopt;
  limit.percent = percent;
  return limit;
}

bool IsRejectLimit(std::string_view text) { return ParseRejectLimit(text).has_value(); }

}  // namespace tailrace::config
