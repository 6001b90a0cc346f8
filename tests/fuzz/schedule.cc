// When something is due, and texts that carry the due time: a line is one or is refused; due times are told the same from every side, none is
// left out between two; a text is filled in the same each time.
#include <array>
#include <string>
#include <vector>

#include "fuzz.h"
#include "schedule/schedule.h"
#include "schedule/template.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 1 << 10;
constexpr int64_t kMicros = 1'000'000;
constexpr int64_t kBeginSeconds = 946'684'800;  // 2000
constexpr int64_t kStepSeconds = 9'973;         // 65,536 of them are twenty years
constexpr size_t kDueTimes = 4;

const schedule::TimeZone& ZoneOf(size_t index) {
  static const std::vector<schedule::TimeZone> zones = [] {
    std::vector<schedule::TimeZone> found(1);
    // An hour, half an hour and a whole day left out or twice; Ramadan.
    for (const char* name : {"Europe/London", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu"}) {
      auto zone = schedule::TimeZone::Find(name);
      Require(zone.has_value(), "the zone is there");
      found.push_back(std::move(*zone));
    }
    return found;
  }();
  return zones[index % zones.size()];
}

void CheckDueTimes(const schedule::Schedule& schedule, WallTime time) {
  for (size_t i = 0; i < kDueTimes; ++i) {
    const auto next = schedule.Next(time);
    if (!next) return;
    Require(next->micros > time.micros, "the next comes later");
    const WallTime before{next->micros - 1};
    Require(schedule.Next(before) == next, "it is the next of the moment before it");
    Require(schedule.Last(*next) == next, "it is its own last");
    const auto last = schedule.Last(before);
    Require(!last || last->micros <= time.micros, "none is left out before it");
    const auto between = schedule.Between(WallTime{time.micros + 1}, WallTime{next->micros + 1}, 2);
    Require(between.size() == 1 && between.front() == *next, "it is the only one until then");
    time = *next;
  }
}

void CheckTemplate(std::string_view text, WallTime time, const schedule::TimeZone& zone) {
  const auto parsed = schedule::Template::Parse(text);
  if (!parsed) {
    Require(!parsed.error().message().empty(), "an error says why");
    return;
  }
  schedule::TemplateValues values;
  values.zone = zone;
  for (const std::string& name : parsed->TimeNames()) values.times[name] = time;
  for (const std::string& name : parsed->PlainNames()) values.texts[name] = "{" + name + "}";
  const auto once = parsed->Render(values);
  const auto twice = parsed->Render(values);
  Require(once.has_value() == twice.has_value(), "a text can be filled in or not");
  if (once) RequireSame(*once, *twice, "a text is filled in the same each time");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const uint8_t kind = choices.Byte();
  const schedule::TimeZone& zone = ZoneOf(choices.Byte());
  const WallTime time{(kBeginSeconds + static_cast<int64_t>(choices.Below(1 << 16)) * kStepSeconds) * kMicros + choices.Byte()};
  const Copy copy(choices.rest());
  if (kind % 2 == 0) return CheckTemplate(copy.text(), time, zone);
  const auto schedule = schedule::Schedule::OfCron(copy.text(), zone);
  if (schedule) return CheckDueTimes(*schedule, time);
  Require(!schedule.error().message().empty(), "an error says why");
}

}  // namespace tailrace::fuzz
