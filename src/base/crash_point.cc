#include "base/crash_point.h"

#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace tailrace::internal {
namespace {

constexpr const char* kVariable = "TAILRACE_CRASH_AT";
constexpr int kUsageExit = 2;

struct ArmedPoint {
  std::string name;
  std::atomic<long> passes_left = 1;
};

ArmedPoint& Armed() {
  static ArmedPoint armed;
  return armed;
}

bool ReadEnvironment() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == '\0') return false;
  const std::string_view wanted(text);
  const size_t colon = wanted.find(':');
  Armed().name = wanted.substr(0, colon);
  if (colon == std::string_view::npos) return true;
  const std::string_view count = wanted.substr(colon + 1);
  long passes = 0;
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), passes);
  if (error != std::errc() || end != count.data() + count.size() || passes < 1) {
    std::fprintf(stderr, "%s=%s: expected NAME or NAME:COUNT, with a count of 1 or more\n", kVariable, text);
    std::_Exit(kUsageExit);
  }
  Armed().passes_left = passes;
  return true;
}

}  // namespace

std::atomic<bool> crash_points_armed = ReadEnvironment();

void PassCrashPoint(std::string_view name) {
  if (name != Armed().name || Armed().passes_left.fetch_sub(1) != 1) return;
  std::fprintf(stderr, "killed at crash point %s\n", Armed().name.c_str());
  // Nobody may see a step beyond the point, so this thread does not go on while the signal is on its way.
  while (true) {
    kill(getpid(), SIGKILL);
    pause();
  }
}

}  // namespace tailrace::internal
