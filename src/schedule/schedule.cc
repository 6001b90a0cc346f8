#include "schedule/schedule.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tailrace::schedule {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerMilli = 1'000;
constexpr int64_t kSecondsPerYear = 366 * 86'400;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

Result<Schedule> Schedule::Every(std::chrono::milliseconds period, TimeZone zone) {
  if (period < kEveryMin || period > kEveryMax) return Fail(Error::Invalid("a period is from 100ms to 366d"));
  return Schedule(period, std::move(zone));
}

Result<Schedule> Schedule::OfCron(std::string_view line, TimeZone zone) {
  TR_TRY(Cron cron, Cron::Parse(line));
  return Schedule(cron, std::move(zone));
}

// Goes through the spans of one distance from UTC. Within each the clocks run on; between two they jump.
std::optional<int64_t> Schedule::NextOfCron(const Cron& cron, int64_t after_s) const {
  const int64_t from_s = after_s + 1;
  const int64_t end_s = from_s + kSearchYears * kSecondsPerYear;
  TimeZone::Span span = zone_.SpanAt(from_s);
  while (span.begin_s < end_s) {
    const int64_t before_local = span.begin_s + zone_.SpanAt(span.begin_s - 1).offset_s;  // what the clocks would have shown
    const int64_t begin_local = span.begin_s + span.offset_s;
    int64_t from_local = std::max(span.begin_s, from_s) + span.offset_s;
    const bool is_gap = before_local < begin_local;
    if (is_gap && span.begin_s >= from_s && cron.First(before_local, begin_local)) return span.begin_s;
    if (!is_gap && !cron.all_through_the_day()) from_local = std::max(from_local, before_local);
    const int64_t end_local = std::min(span.end_s, end_s) + span.offset_s;
    if (const auto found = cron.First(from_local, end_local)) return *found - span.offset_s;
    span = zone_.SpanAt(span.end_s);
  }
  return std::nullopt;
}

std::optional<WallTime> Schedule::Next(WallTime time) const {
  if (const auto* period = std::get_if<std::chrono::milliseconds>(&when_)) {
    const int64_t micros = period->count() * kMicrosPerMilli;
    return WallTime{(FloorDivide(time.micros, micros) + 1) * micros};
  }
  const auto next_s = NextOfCron(std::get<Cron>(when_), FloorDivide(time.micros, kMicrosPerSecond));
  if (!next_s) return std::nullopt;
  return WallTime{*next_s * kMicrosPerSecond};
}

// `Next` of a time is at or before `time` exactly as long as that time is before the due time sought.
std::optional<WallTime> Schedule::Last(WallTime time) const {
  const auto is_before = [&](int64_t second) {
    const auto next = Next({second * kMicrosPerSecond});
    return next && *next <= time;
  };
  if (const auto* period = std::get_if<std::chrono::milliseconds>(&when_)) {
    const int64_t micros = period->count() * kMicrosPerMilli;
    return WallTime{FloorDivide(time.micros, micros) * micros};
  }
  int64_t late = FloorDivide(time.micros, kMicrosPerSecond) + 1;
  int64_t back = 60;
  while (!is_before(late - back)) {
    if (back > kSearchYears * kSecondsPerYear) return std::nullopt;
    back *= 2;
  }
  int64_t early = late - back;
  while (late - early > 1) {
    const int64_t middle = early + (late - early) / 2;
    (is_before(middle) ? early : late) = middle;
  }
  return Next({early * kMicrosPerSecond});
}

std::vector<WallTime> Schedule::Between(WallTime from, WallTime to, size_t count_max) const {
  std::vector<WallTime> due;
  auto next = Next({from.micros - 1});
  for (; next && *next < to && due.size() < count_max; next = Next(*next)) due.push_back(*next);
  return due;
}

}  // namespace tailrace::schedule
