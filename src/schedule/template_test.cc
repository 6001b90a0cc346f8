#include "schedule/template.h"

#include <gtest/gtest.h>

#include "model/times.h"

namespace tailrace::schedule {
namespace {

std::string Rendered(std::string_view text, std::string_view due, std::string_view zone = "UTC") {
  const auto parsed = Template::Parse(text);
  if (!parsed) return parsed.error().message();
  TemplateValues values;
  values.times["due"] = {ParseRfc3339(due).value()};
  values.texts = {{"a", "MIA"}, {"name", "revenue"}};
  values.zone = TimeZone::Find(zone).value();
  const auto rendered = parsed->Render(values);
  return rendered ? *rendered : rendered.error().message();
}

TEST(Template, FillsInTimesAndNames) {
  constexpr auto kDue = "2017-03-03T06:07:08.25Z";
  EXPECT_EQ(Rendered("lake/{due:%Y-%m-%d}/{name}.parquet", kDue), "lake/2017-03-03/revenue.parquet");
  EXPECT_EQ(Rendered("{due:%Y-%b-%d}", kDue), "2017-Mar-03");
  EXPECT_EQ(Rendered("{due}", kDue), "2017-03-03T06:07:08.25Z");
  EXPECT_EQ(Rendered("{due:%F %T} {due:%A %a %B %y %j %e %s %L %z %%}", kDue), "2017-03-03 06:07:08 Friday Fri March 17 062  3 1488521228 250 +0000 %");
  EXPECT_EQ(Rendered("{{{a}}}", kDue), "{MIA}");
  EXPECT_EQ(Rendered("plain", kDue), "plain");
  EXPECT_EQ(Rendered("", kDue), "");
}

TEST(Template, MovesTimes) {
  EXPECT_EQ(Rendered("{due+30d:%Y-%m-%d}", "2017-03-03T06:00:00Z"), "2017-04-02");
  EXPECT_EQ(Rendered("{due-1h}", "2017-03-03T00:30:00Z"), "2017-03-02T23:30:00Z");
  EXPECT_EQ(Rendered("{due-1d-30m+2s}", "2017-03-01T00:30:00Z"), "2017-02-28T00:00:02Z");
  EXPECT_EQ(Rendered("{due-2w:%F}", "2017-03-03T06:00:00Z"), "2017-02-17");
}

TEST(Template, AMonthFromTheThirtyFirstIsTheLastDay) {
  EXPECT_EQ(Rendered("{due+1mo:%F}", "2017-01-31T06:00:00Z"), "2017-02-28");
  EXPECT_EQ(Rendered("{due-1mo:%Y-%m}", "2017-01-15T06:00:00Z"), "2016-12");
  EXPECT_EQ(Rendered("{due+1y:%F}", "2016-02-29T06:00:00Z"), "2017-02-28");
}

TEST(Template, DatesAreThoseOfTheZone) {
  EXPECT_EQ(Rendered("{due:%F %T %z}", "2017-06-30T23:00:00Z", "Europe/London"), "2017-07-01 00:00:00 +0100");
  EXPECT_EQ(Rendered("{due}", "2017-06-30T23:00:00Z", "Europe/London"), "2017-06-30T23:00:00Z");
  // A day later the clocks show the same time, though only 23 hours have passed.
  EXPECT_EQ(Rendered("{due+1d:%T}", "2017-03-25T12:00:00Z", "Europe/London"), "12:00:00");
  EXPECT_EQ(Rendered("{due+24h:%T}", "2017-03-25T12:00:00Z", "Europe/London"), "13:00:00");
}

TEST(Template, TellsWhatIsWrongAndWhere) {
  constexpr auto kDue = "2017-03-03T06:00:00Z";
  EXPECT_EQ(Rendered("ab{due", kDue), "at byte 3: a brace that is not closed; a brace itself is written {{");
  EXPECT_EQ(Rendered("a}", kDue), "at byte 2: a brace that closes nothing; a brace itself is written }}");
  EXPECT_EQ(Rendered("{}", kDue), "at byte 1: there is no name after {; a brace itself is written {{");
  EXPECT_EQ(Rendered("{due+30:%Y}", kDue), "at byte 1: \"+30\" has no unit: there are s, m, h, d, w, mo, y");
  EXPECT_EQ(Rendered("{due+d}", kDue), "at byte 1: \"+d\" is not a move such as +30d or -1h");
  EXPECT_EQ(Rendered("{due+99999999d}", kDue), "at byte 1: \"+99999999d\" moves too far");
  EXPECT_EQ(Rendered("{due:}", kDue), "at byte 1: there is no format after the colon");
  EXPECT_EQ(Rendered("{due:%Q}", kDue).substr(0, 27), "at byte 1: \"%Q\" is no part ");
  EXPECT_EQ(Rendered("{due:%}", kDue).substr(0, 24), "at byte 1: \"%\" is no par");
  EXPECT_EQ(Rendered("{due x}", kDue).substr(0, 30), "at byte 1: \"due x\" is not a na");
  EXPECT_EQ(Rendered("{b}", kDue), "{b} has no value here");
  EXPECT_EQ(Rendered("{a:%Y}", kDue), "{a} has no value here");
  EXPECT_EQ(Rendered("{due+9000y}", kDue), "{due} is not in the years 1 to 9999");
}

TEST(Template, TellsTheNamesItUses) {
  const auto parsed = Template::Parse("{a}{b}{due:%Y}{a}{due+1d}").value();
  EXPECT_EQ(parsed.PlainNames(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parsed.TimeNames(), std::vector<std::string>{"due"});
}

}  // namespace
}  // namespace tailrace::schedule
