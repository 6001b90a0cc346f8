#include "schedule/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <limits>

namespace tailrace::schedule {
namespace {

// Far enough from both ends of 64 bits that sums of seconds do not overflow.
constexpr int64_t kFarthestSeconds = std::numeric_limits<int64_t>::max() / 4;
// No zone was ever farther from UTC than this.
constexpr int64_t kOffsetSecondsMax = 26 * 3600;

int64_t Bounded(date::sys_seconds time) {
  return std::clamp<int64_t>(time.time_since_epoch().count(), -kFarthestSeconds, kFarthestSeconds);
}

}  // namespace

Result<TimeZone> TimeZone::Find(std::string_view name) {
  TimeZone found;
  if (name == "UTC") return found;
  try {
    found.zone_ = date::locate_zone(std::string(name));
    found.name_ = std::string(name);
    (void)found.zone_->get_info(date::sys_seconds{});  // its file is read at the first use
  } catch (const std::exception&) {
    return Fail(Error::Invalid("there is no time zone \"" + std::string(name) + "\" in the tz database of this machine (one is Europe/London)"));
  }
  return found;
}

TimeZone::Span TimeZone::SpanAt(int64_t utc_s) const {
  if (zone_ == nullptr) return {-kFarthestSeconds, kFarthestSeconds, 0};
  const auto info = zone_->get_info(date::sys_seconds(std::chrono::seconds(utc_s)));
  return {Bounded(info.begin), Bounded(info.end), info.offset.count()};
}

int64_t TimeZone::InstantOf(int64_t local_s) const {
  Span span = SpanAt(local_s - kOffsetSecondsMax);
  // The first span that ends after the clocks show it: before its beginning lies a gap.
  while (local_s - span.offset_s >= span.end_s) span = SpanAt(span.end_s);
  return std::max(local_s - span.offset_s, span.begin_s);
}

}  // namespace tailrace::schedule
