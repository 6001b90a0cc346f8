#include "app/duration.h"

#include <fmt/format.h>

#include <charconv>

namespace tailrace::app {
namespace {

// Seconds of a unit; 0 for none.
int64_t SecondsOf(char unit) {
  switch (unit) {
    case 's': return 1;
    case 'm': return 60;
    case 'h': return 3600;
    case 'd': return 86'400;
    default: return 0;
  }
}

}  // namespace

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  const auto wrong = [&] { return Fail(Error::Invalid(fmt::format("expected a time such as 90d, 24h, 30m or 45s, found \"{}\"", text))); };
  if (text.size() < 2) return wrong();
  int64_t number = 0;
  const char* const digits_end = text.data() + text.size() - 1;
  const auto [end, failed] = std::from_chars(text.data(), digits_end, number);
  const int64_t unit = SecondsOf(text.back());
  if (failed != std::errc() || end != digits_end || unit == 0 || number <= 0) return wrong();
  const int64_t seconds_max = std::chrono::duration_cast<std::chrono::seconds>(kDurationMax).count();
  if (number > seconds_max / unit) return Fail(Error::Invalid(fmt::format("{} is longer than a hundred years", text)));
  return std::chrono::milliseconds(number * unit * 1000);
}

}  // namespace tailrace::app
