// What jobs, alerts and notifiers are read with.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/reading.h"

namespace tailrace::config {

inline constexpr int64_t kJobTimeoutMaxMs = int64_t{7} * 86'400'000;

// `fallback` when it is not written, or is none, which has been told; one that is too short or too long is told.
std::chrono::milliseconds DurationOr(const Node& body, std::string_view key, std::chrono::milliseconds fallback, Reading& reading, int64_t min_ms = 0,
                                     int64_t max_ms = kJobTimeoutMaxMs);

// A list of names, or one name alone.
std::vector<const Node*> NamesIn(const Node& body, std::string_view key);

// The same as texts; one that is not in `known` is told: there is no `what` of that name.
std::vector<std::string> KnownNames(const Node& body, std::string_view key, std::string_view what, const std::vector<std::string>& known, Reading& reading);

// The keys of a mapping of the file.
std::vector<std::string> NamesOfSection(const Node& root, std::string_view section);

std::map<std::string, std::string> TextsByName(const Node& body, std::string_view key);

}  // namespace tailrace::config
