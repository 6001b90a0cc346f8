#include "schedule/schedule.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/times.h"

namespace tailrace::schedule {
namespace {

WallTime At(std::string_view text) { return {ParseRfc3339(text).value()}; }

std::string Text(std::optional<WallTime> time) {
  std::string text;
  if (time) AppendRfc3339(time->micros, &text);
  return time ? text : "never";
}

TimeZone Zone(std::string_view name) {
  auto zone = TimeZone::Find(name);
  EXPECT_TRUE(zone) << name;
  return zone.value_or(TimeZone());
}

Schedule CronIn(std::string_view line, std::string_view zone) {
  auto schedule = Schedule::OfCron(line, Zone(zone));
  EXPECT_TRUE(schedule) << (schedule ? "" : schedule.error().message());
  return *schedule;
}

std::vector<std::string> Due(const Schedule& schedule, std::string_view from, std::string_view to) {
  std::vector<std::string> texts;
  for (const WallTime due : schedule.Between(At(from), At(to), 1000)) texts.push_back(Text(due));
  return texts;
}

using Texts = std::vector<std::string>;

TEST(EverySchedule, DueTimesAreMultiplesSinceTheEpoch) {
  const auto schedule = Schedule::Every(std::chrono::minutes(30)).value();
  EXPECT_EQ(Text(schedule.Next(At("2017-03-03T05:59:59.999Z"))), "2017-03-03T06:00:00Z");
  EXPECT_EQ(Text(schedule.Next(At("2017-03-03T06:00:00Z"))), "2017-03-03T06:30:00Z");
  EXPECT_EQ(Text(schedule.Last(At("2017-03-03T06:00:00Z"))), "2017-03-03T06:00:00Z");
  EXPECT_EQ(Text(schedule.Last(At("2017-03-03T06:29:59Z"))), "2017-03-03T06:00:00Z");
  EXPECT_EQ(schedule.Next({-1}), WallTime{0});
  EXPECT_EQ(schedule.Last({-1}), WallTime{-1'800'000'000});
}

TEST(EverySchedule, RefusesPeriodsOutsideItsBounds) {
  EXPECT_FALSE(Schedule::Every(kEveryMin - std::chrono::milliseconds(1)));
  EXPECT_FALSE(Schedule::Every(kEveryMax + std::chrono::milliseconds(1)));
  EXPECT_TRUE(Schedule::Every(kEveryMin));
  EXPECT_TRUE(Schedule::Every(kEveryMax));
}

TEST(Schedule, BetweenTakesTheBeginningButNotTheEnd) {
  const auto schedule = CronIn("0 6 * * *", "UTC");
  EXPECT_EQ(Due(schedule, "2017-03-03T06:00:00Z", "2017-03-05T06:00:00Z"), (Texts{"2017-03-03T06:00:00Z", "2017-03-04T06:00:00Z"}));
  EXPECT_EQ(schedule.Between(At("2017-03-03T06:00:00Z"), At("2018-03-05T06:00:00Z"), 7).size(), 7U);
}

TEST(CronSchedule, ReadsListsRangesStepsAndNames) {
  EXPECT_EQ(Due(CronIn("5,10-12,*/30 8 1 jan *", "UTC"), "2017-01-01T00:00:00Z", "2017-02-01T00:00:00Z"),
            (Texts{"2017-01-01T08:00:00Z", "2017-01-01T08:05:00Z", "2017-01-01T08:10:00Z", "2017-01-01T08:11:00Z",
                   "2017-01-01T08:12:00Z", "2017-01-01T08:30:00Z"}));
  EXPECT_EQ(Due(CronIn("0 8-18/5 * * Mon-Sun", "UTC"), "2017-01-01T00:00:00Z", "2017-01-02T00:00:00Z"),
            (Texts{"2017-01-01T08:00:00Z", "2017-01-01T13:00:00Z", "2017-01-01T18:00:00Z"}));
}

TEST(CronSchedule, SundayIsBothNoughtAndSeven) {
  for (const auto* line : {"0 0 * * 0", "0 0 * * 7", "0 0 * * SUN", "@weekly"}) {
    EXPECT_EQ(Due(CronIn(line, "UTC"), "2017-01-02T00:00:00Z", "2017-01-10T00:00:00Z"), Texts{"2017-01-08T00:00:00Z"}) << line;
  }
}

TEST(CronSchedule, OfTwoDaysThatAreBothGivenOneIsEnough) {
  EXPECT_EQ(Due(CronIn("0 0 13 * FRI", "UTC"), "2017-01-01T00:00:00Z", "2017-01-16T00:00:00Z"),
            (Texts{"2017-01-06T00:00:00Z", "2017-01-13T00:00:00Z"}));
  EXPECT_EQ(Due(CronIn("0 0 */2 * FRI", "UTC"), "2017-01-01T00:00:00Z", "2017-01-16T00:00:00Z"), Texts{"2017-01-13T00:00:00Z"});
}

TEST(CronSchedule, LeapDaysAreFoundAcrossACenturyWithoutOne) {
  const auto schedule = CronIn("0 0 29 2 *", "UTC");
  EXPECT_EQ(Text(schedule.Next(At("2096-03-01T00:00:00Z"))), "2104-02-29T00:00:00Z");
  EXPECT_EQ(Text(schedule.Last(At("2104-02-28T00:00:00Z"))), "2096-02-29T00:00:00Z");
}

TEST(CronSchedule, FollowsTheClocksOfItsZone) {
  const auto schedule = CronIn("0 6 * * *", "Europe/London");
  EXPECT_EQ(Text(schedule.Next(At("2017-01-15T00:00:00Z"))), "2017-01-15T06:00:00Z");
  EXPECT_EQ(Text(schedule.Next(At("2017-07-15T00:00:00Z"))), "2017-07-15T05:00:00Z");
}

TEST(CronSchedule, WhatFallsIntoTheHourLeftOutComesOnceAtItsEnd) {
  // London went from 01:00 to 02:00 on 26 March 2017, at 01:00 UTC.
  EXPECT_EQ(Due(CronIn("30 1 * * *", "Europe/London"), "2017-03-25T00:00:00Z", "2017-03-28T00:00:00Z"),
            (Texts{"2017-03-25T01:30:00Z", "2017-03-26T01:00:00Z", "2017-03-27T00:30:00Z"}));
  EXPECT_EQ(Due(CronIn("10,20,30 1,2 26 3 *", "Europe/London"), "2017-03-26T00:00:00Z", "2017-03-27T00:00:00Z"),
            (Texts{"2017-03-26T01:00:00Z", "2017-03-26T01:10:00Z", "2017-03-26T01:20:00Z", "2017-03-26T01:30:00Z"}));
  EXPECT_EQ(Due(CronIn("0 1,2 26 3 *", "Europe/London"), "2017-03-26T00:00:00Z", "2017-03-27T00:00:00Z"),
            Texts{"2017-03-26T01:00:00Z"});
}

TEST(CronSchedule, WhatFallsIntoTheHourThatComesTwiceComesOnce) {
  // London went from 02:00 back to 01:00 on 29 October 2017, at 01:00 UTC.
  EXPECT_EQ(Due(CronIn("30 1 * * *", "Europe/London"), "2017-10-28T00:00:00Z", "2017-10-31T00:00:00Z"),
            (Texts{"2017-10-28T00:30:00Z", "2017-10-29T00:30:00Z", "2017-10-30T01:30:00Z"}));
  EXPECT_EQ(Due(CronIn("0 0-3 29 10 *", "Europe/London"), "2017-10-28T12:00:00Z", "2017-10-30T00:00:00Z"),
            (Texts{"2017-10-28T23:00:00Z", "2017-10-29T00:00:00Z", "2017-10-29T02:00:00Z", "2017-10-29T03:00:00Z"}));
}

TEST(CronSchedule, WhatIsMeantAllThroughTheDayGoesOnInTheHourThatComesTwice) {
  EXPECT_EQ(Due(CronIn("*/30 * * * *", "Europe/London"), "2017-10-29T00:00:00Z", "2017-10-29T02:30:00Z"),
            (Texts{"2017-10-29T00:00:00Z", "2017-10-29T00:30:00Z", "2017-10-29T01:00:00Z", "2017-10-29T01:30:00Z",
                   "2017-10-29T02:00:00Z"}));
}

TEST(CronSchedule, ADayThatAZoneLeftOutComesAtItsEnd) {
  // Samoa had no 30 December 2011.
  EXPECT_EQ(Due(CronIn("0 12 30 12 *", "Pacific/Apia"), "2011-12-01T00:00:00Z", "2012-01-01T00:00:00Z"), Texts{"2011-12-30T10:00:00Z"});
}

TEST(CronSchedule, LastIsTheNewestThatHasCome) {
  const auto schedule = CronIn("30 1 * * MON", "Europe/London");
  EXPECT_EQ(Text(schedule.Last(At("2017-10-29T12:00:00Z"))), "2017-10-23T00:30:00Z");
  EXPECT_EQ(Text(schedule.Last(At("2017-10-30T01:30:00Z"))), "2017-10-30T01:30:00Z");
}

struct Wrong {
  std::string line;
  std::string says;
};

TEST(CronSchedule, TellsWhatIsWrong) {
  for (const auto& [line, says] : std::vector<Wrong>{
           {"", "it has 0 fields, not five"},
           {"0 6 * *", "it has 4 fields, not five"},
           {"0 0 6 * * *", "it has 6 fields, not five"},
           {"60 6 * * *", "the minute \"60\" is not from 0 to 59"},
           {"0 24 * * *", "the hour \"24\" is not from 0 to 23"},
           {"0 6 0 * *", "the day of month \"0\" is not from 1 to 31"},
           {"0 6 * foo *", "the month \"foo\" is neither a number from 1 to 12 nor a name such as FEB"},
           {"0 6 * * 8", "the day of week \"8\" is not from 0 to 7"},
           {"*/0 6 * * *", "the minute \"*/0\" has no step from 1 to 59"},
           {"*/-1 6 * * *", "has no step"},
           {"5/15 6 * * *", "is a step of one number: write 5-59/15"},
           {"0 18-6 * * *", "the hour \"18-6\" ends before it begins: write two ranges"},
           {"0,, 6 * * *", "the minute \"\" is not a number"},
           {"0 6 L * *", "the day of month \"L\" is not a number from 1 to 31"},
           {"0 6 30 2 *", "it never comes"},
           {"@reboot", "\"@reboot\" is none of @yearly"},
           {"99999999999 * * * *", "the minute \"99999999999\" is not a number"},
       }) {
    const auto schedule = Schedule::OfCron(line);
    ASSERT_FALSE(schedule) << line;
    EXPECT_NE(schedule.error().message().find(says), std::string::npos) << line << ": " << schedule.error().message();
  }
  EXPECT_FALSE(Schedule::OfCron(std::string(kCronBytesMax + 1, '*')));
}

TEST(TimeZones, UnknownOnesAreNamed) {
  const auto zone = TimeZone::Find("Europe/Londn");
  ASSERT_FALSE(zone);
  EXPECT_NE(zone.error().message().find("Europe/Londn"), std::string::npos);
  EXPECT_FALSE(TimeZone::Find(""));
  EXPECT_FALSE(TimeZone::Find("../../etc/passwd"));
}

TEST(TimeZones, LocalTimesInAGapAreItsEndAndInAnOverlapTheFirst) {
  const TimeZone zone = Zone("Europe/London");
  const auto instant = [&](std::string_view local) { return Text(WallTime{zone.InstantOf(At(local).micros / 1'000'000) * 1'000'000}); };
  EXPECT_EQ(instant("2017-03-26T00:59:59Z"), "2017-03-26T00:59:59Z");
  EXPECT_EQ(instant("2017-03-26T01:30:00Z"), "2017-03-26T01:00:00Z");
  EXPECT_EQ(instant("2017-03-26T02:00:00Z"), "2017-03-26T01:00:00Z");
  EXPECT_EQ(instant("2017-10-29T01:30:00Z"), "2017-10-29T00:30:00Z");
  EXPECT_EQ(instant("2017-10-29T02:00:00Z"), "2017-10-29T02:00:00Z");
}

// One field of a random line, with the numbers that it lets through.
struct RandomField {
  std::string text;
  std::set<int> numbers;
  bool star = false;
};

RandomField DrawField(Random& random, int min, int max) {
  RandomField field;
  const int items = random.Below(3) == 0 ? 2 : 1;
  for (int item = 0; item < items; ++item) {
    if (item > 0) field.text += ',';
    const auto width = static_cast<uint64_t>(max - min + 1);
    int first = min + static_cast<int>(random.Below(width));
    int last = first + static_cast<int>(random.Below(static_cast<uint64_t>(max - first + 1)));
    int step = 1;
    switch (random.Below(5)) {
      case 0:
      case 1:
        if (item == 0) field.star = true;
        field.text += '*';
        first = min;
        last = max;
        break;
      case 2:
        last = first;
        field.text += std::to_string(first);
        for (int value = first; value <= last; value += step) field.numbers.insert(value);
        continue;
      default: field.text += std::to_string(first) + '-' + std::to_string(last);
    }
    if (random.Below(3) == 0) {
      step = 1 + static_cast<int>(random.Below(static_cast<uint64_t>(max)));
      field.text += '/' + std::to_string(step);
    }
    for (int value = first; value <= last; value += step) field.numbers.insert(value);
  }
  return field;
}

struct RandomLine {
  explicit RandomLine(Random& random)
      : minute(DrawField(random, 0, 59)), hour(DrawField(random, 0, 23)), day(DrawField(random, 1, 31)), month(DrawField(random, 1, 12)),
        weekday(DrawField(random, 0, 7)) {}

  std::string text() const { return minute.text + ' ' + hour.text + ' ' + day.text + ' ' + month.text + ' ' + weekday.text; }

  bool Fits(int64_t local_s) const {
    const auto days = static_cast<int32_t>(local_s / 86'400);
    const CivilDate date = CivilFromDays(days);
    const int of_week = (days + 4) % 7;
    if (!minute.numbers.contains(static_cast<int>(local_s / 60 % 60)) || !hour.numbers.contains(static_cast<int>(local_s / 3600 % 24))) {
      return false;
    }
    if (!month.numbers.contains(date.month)) return false;
    const bool is_day = day.numbers.contains(date.day);
    const bool is_weekday = weekday.numbers.contains(of_week) || (of_week == 0 && weekday.numbers.contains(7));
    return day.star || weekday.star ? is_day && is_weekday : is_day || is_weekday;
  }

  RandomField minute, hour, day, month, weekday;
};

// Goes through the minutes one by one, watching a clock on the wall.
std::vector<WallTime> DueByTheMinute(const RandomLine& line, const TimeZone& zone, int64_t from_s, int64_t to_s) {
  constexpr int64_t kWatchBefore = 2 * 86'400;  // so that the clock has been seen before a change
  std::vector<WallTime> due;
  int64_t shown_before = 0;
  int64_t latest_shown = 0;
  for (int64_t now_s = from_s - kWatchBefore; now_s < to_s; now_s += 60) {
    const int64_t shown = zone.LocalOf(now_s);
    bool is_due = line.Fits(shown) && (line.hour.star || shown > latest_shown);
    if (shown_before != 0) {
      for (int64_t skipped = shown_before + 60; skipped < shown; skipped += 60) is_due = is_due || line.Fits(skipped);
    }
    shown_before = shown;
    latest_shown = std::max(latest_shown, shown);
    if (is_due && now_s >= from_s) due.push_back({now_s * 1'000'000});
  }
  return due;
}

TEST(CronProperty, RandomLinesAreDueWhenAClockThatIsWatchedByTheMinuteSaysSo) {
  constexpr int kLines = 240;
  const std::vector<std::pair<std::string, std::string>> changes = {
      {"Europe/London", "2017-03-24T00:00:00Z"},   {"Europe/London", "2017-10-27T00:00:00Z"},      {"America/New_York", "2021-03-12T00:00:00Z"},
      {"America/New_York", "2021-11-05T00:00:00Z"}, {"Australia/Lord_Howe", "2022-04-01T00:00:00Z"}, {"Australia/Lord_Howe", "2022-09-30T00:00:00Z"},
      {"Asia/Kolkata", "2020-06-01T00:00:00Z"},     {"America/Havana", "2019-03-08T00:00:00Z"},      {"Africa/Cairo", "2023-04-26T00:00:00Z"},
      {"Asia/Gaza", "2023-10-26T00:00:00Z"},        {"Pacific/Apia", "2011-12-28T00:00:00Z"},        {"UTC", "2024-02-27T00:00:00Z"}};
  SeededRandom random(20170303);
  size_t due_in_all = 0;
  for (int i = 0; i < kLines; ++i) {
    const auto& [name, from] = changes[static_cast<size_t>(i) % changes.size()];
    const TimeZone zone = Zone(name);
    const RandomLine line(random);
    const auto schedule = Schedule::OfCron(line.text(), zone);
    if (!schedule) {
      EXPECT_NE(schedule.error().message().find("it never comes"), std::string::npos) << line.text();
      continue;
    }
    const int64_t from_s = At(from).micros / 1'000'000;
    const int64_t to_s = from_s + 5 * 86'400;
    const auto expected = DueByTheMinute(line, zone, from_s, to_s);
    const auto found = schedule->Between({from_s * 1'000'000}, {to_s * 1'000'000}, 1'000'000);
    ASSERT_EQ(found, expected) << line.text() << " in " << name;
    due_in_all += expected.size();
    if (expected.empty()) continue;
    EXPECT_EQ(schedule->Last({to_s * 1'000'000 - 1}), expected.back()) << line.text() << " in " << name;
  }
  EXPECT_GT(due_in_all, 1000U);  // or nothing was tested
}

}  // namespace
}  // namespace tailrace::schedule
