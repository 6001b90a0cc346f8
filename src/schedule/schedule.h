// When something is due: at multiples of a period, or when the clocks of a time zone show what a cron line says.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "schedule/cron.h"
#include "schedule/time_zone.h"

namespace tailrace::schedule {

inline constexpr std::chrono::milliseconds kEveryMin{100};
inline constexpr std::chrono::milliseconds kEveryMax{std::chrono::hours(24) * 366};

// A due time names a run: the same schedule gives the same due times whenever it is asked.
//
// With cron and daylight saving: what falls into the hour that is left out comes once, at the first instant after it. In the hour that
// comes twice, a line with certain hours (`30 1 * * *`) comes once, at the first; one all through the day (`*/15 * * * *`) goes on.
// Threads: a value.
class Schedule {
 public:
  // Multiples of `period` since 1970-01-01T00:00:00Z. kInvalid: not from kEveryMin to kEveryMax. The zone is that of texts (Template).
  static Result<Schedule> Every(std::chrono::milliseconds period, TimeZone zone = {});

  // kInvalid: what is wrong with the line.
  static Result<Schedule> OfCron(std::string_view line, TimeZone zone = {});

  // The first due time after `time`; nullopt when none comes within kSearchYears.
  std::optional<WallTime> Next(WallTime time) const;

  // The last due time at or before `time`; nullopt when there is none within kSearchYears.
  std::optional<WallTime> Last(WallTime time) const;

  // Those in [from, to), in order, at most `count_max` of them from the front.
  std::vector<WallTime> Between(WallTime from, WallTime to, size_t count_max) const;

  const TimeZone& zone() const { return zone_; }

 private:
  // 29 February can be eight years away.
  static constexpr int64_t kSearchYears = 9;

  Schedule(std::variant<std::chrono::milliseconds, Cron> when, TimeZone zone) : when_(std::move(when)), zone_(std::move(zone)) {}
  std::optional<int64_t> NextOfCron(const Cron& cron, int64_t after_s) const;

  std::variant<std::chrono::milliseconds, Cron> when_;
  TimeZone zone_;
};

}  // namespace tailrace::schedule
