// Names of runs: `nightly@2017-03-03T06:00:00Z`, asked for by hand `nightly@2017-03-03T09:12:44.120311Z#5b1d09ae`.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/times.h"

namespace tailrace::engine {

// RFC 3339.
inline std::string TimeText(WallTime time) {
  std::string text;
  AppendRfc3339(time.micros, &text);
  return text;
}

inline std::string RunName(std::string_view job, WallTime due, std::string_view suffix) {
  return std::string(job) + "@" + TimeText(due) + std::string(suffix);
}

// What is behind the due time of a run asked for by hand, with the `#`; runs that follow from it have it too.
inline std::string SuffixOf(std::string_view run) {
  const size_t mark = run.find('#');
  return mark == std::string_view::npos ? "" : std::string(run.substr(mark));
}

}  // namespace tailrace::engine
