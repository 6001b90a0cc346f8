// A time zone as spans of time in which the clocks on its walls keep one distance from UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace date {
class time_zone;
}

namespace tailrace::schedule {

// From the system's tz database (package tzdata), read once and kept as long as the program lives.
// Threads: a value; the database behind it is thread-safe.
class TimeZone {
 public:
  // UTC, which needs no database.
  TimeZone() = default;

  // `Europe/London`, `UTC`. kInvalid: there is no such zone, or no database on this machine.
  static Result<TimeZone> Find(std::string_view name);

  const std::string& name() const { return name_; }

  // Seconds since the epoch; `end` is not in it.
  struct Span {
    int64_t begin_s = 0;
    int64_t end_s = 0;
    int64_t offset_s = 0;  // local time less UTC
  };
  Span SpanAt(int64_t utc_s) const;

  // What the clocks on the walls show, as seconds since 1970-01-01T00:00:00 there.
  int64_t LocalOf(int64_t utc_s) const { return utc_s + SpanAt(utc_s).offset_s; }

  // The instant when the clocks show `local_s`: the first of two in an overlap, the end of the gap in a gap.
  int64_t InstantOf(int64_t local_s) const;

 private:
  std::string name_ = "UTC";
  const date::time_zone* zone_ = nullptr;  // null: UTC
};

}  // namespace tailrace::schedule
