#include "ports/run_store.h"

#include <array>

namespace tailrace {
namespace {

constexpr std::array<std::string_view, 7> kStates = {"queued", "running", "succeeded", "failed", "skipped", "missed", "cancelled"};
constexpr std::array<std::string_view, 5> kTriggers = {"schedule", "catch-up", "after", "manual", "backfill"};

template <typename T, size_t N>
std::optional<T> Parse(const std::array<std::string_view, N>& names, std::string_view name) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == name) return static_cast<T>(i);
  }
  return std::nullopt;
}

}  // namespace

std::string_view RunStateName(RunState state) { return kStates[static_cast<size_t>(state)]; }
std::string_view RunTriggerName(RunTrigger trigger) { return kTriggers[static_cast<size_t>(trigger)]; }
std::optional<RunState> ParseRunState(std::string_view name) { return Parse<RunState>(kStates, name); }
std::optional<RunTrigger> ParseRunTrigger(std::string_view name) { return Parse<RunTrigger>(kTriggers, name); }

}  // namespace tailrace
