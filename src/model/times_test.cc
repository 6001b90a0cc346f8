#include "model/times.h"

#include <gtest/gtest.h>

#include "model/time_format.h"

namespace tailrace {
namespace {

std::string Rfc3339(std::optional<int64_t> micros) {
  if (!micros) return "none";
  std::string text;
  AppendRfc3339(*micros, &text);
  return text;
}

std::string Reformat(std::string_view format, std::string_view text) {
  auto compiled = TimeFormat::Compile(format);
  if (!compiled) return compiled.error().message();
  return Rfc3339(compiled->ParseTimestamp(text));
}

TEST(Times, DaysAndDatesAgreeOverTenThousandYears) {
  std::optional<int32_t> first = DaysFromCivil(1, 1, 1);
  std::optional<int32_t> last = DaysFromCivil(9999, 12, 31);
  EXPECT_EQ(DaysFromCivil(1970, 1, 1), 0);
  EXPECT_EQ(DaysFromCivil(2000, 3, 1), 11'017);
  for (int32_t day = *first; day <= *last; ++day) {
    CivilDate date = CivilFromDays(day);
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
  }
}

TEST(Times, DaysThatAreNotAreRefused) {
  EXPECT_FALSE(DaysFromCivil(2011, 2, 29));
  EXPECT_TRUE(DaysFromCivil(2012, 2, 29));
  EXPECT_FALSE(DaysFromCivil(1900, 2, 29));
  EXPECT_TRUE(DaysFromCivil(2000, 2, 29));
  EXPECT_FALSE(DaysFromCivil(2011, 4, 31));
  EXPECT_FALSE(DaysFromCivil(2011, 13, 1));
  EXPECT_FALSE(DaysFromCivil(0, 1, 1));
  EXPECT_FALSE(DaysFromCivil(10000, 1, 1));
}

TEST(Times, Rfc3339IsReadInItsForms) {
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-01T08:26")), "2010-12-01T08:26:00Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-01 08:26:30")), "2010-12-01T08:26:30Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-01t08:26:30z")), "2010-12-01T08:26:30Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-01T08:26:30.120+01:30")), "2010-12-01T06:56:30.12Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-31T23:30-0100")), "2011-01-01T00:30:00Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-01 08:26:30+00")), "2010-12-01T08:26:30Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("1969-12-31T23:59:59.999999Z")), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(Rfc3339(ParseRfc3339("2010-12-01T08:26:30.123456000Z")), "2010-12-01T08:26:30.123456Z");
}

TEST(Times, WhatIsNotRfc3339IsRefused) {
  for (const char* text :
       {"", "2010-12-01", "2010-12-01T", "2010-12-01T08", "2010-12-01T24:00", "2010-12-01T08:60", "2010-12-01T08:26:60",
        "2010-12-01T08:26:30.", "2010-12-01T08:26:30.1234567", "2010-12-01T08:26Zx", "2010-12-01T08:26+1",
        "10-12-01T08:26", "2010-2-01T08:26", "2010-12-01T08:26 ", "2010-12-01T08:26+24:00", "0001-01-01T00:00+01:00",
        "2010-12-01T-8:26"}) {
    EXPECT_FALSE(ParseRfc3339(text)) << text;
  }
}

TEST(Times, DatesAreReadAndWritten) {
  std::string text;
  AppendIsoDate(*ParseIsoDate("0099-01-02"), &text);
  EXPECT_EQ(text, "0099-01-02");
  for (const char* bad : {"", "2010-1-02", "2010-01-02 ", "2010-01-02T00:00", "2010-02-30"})
    EXPECT_FALSE(ParseIsoDate(bad)) << bad;
}

TEST(TimeFormat, NumbersMayLackLeadingZeros) {
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "1/2/2010 8:26"), "2010-01-02T08:26:00Z");
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "12/09/2011 12:50"), "2011-12-09T12:50:00Z");
  EXPECT_EQ(Reformat("%d%m%y", "311299"), "1999-12-31T00:00:00Z");
  EXPECT_EQ(Reformat("%d%m%y", "010168"), "2068-01-01T00:00:00Z");
}

TEST(TimeFormat, NamesHalvesFractionsAndOffsetsAreRead) {
  EXPECT_EQ(Reformat("%Y-%b-%d", "2017-Mar-05"), "2017-03-05T00:00:00Z");
  EXPECT_EQ(Reformat("%d %B %Y", "5 mARCH 2017"), "2017-03-05T00:00:00Z");
  EXPECT_EQ(Reformat("%a %d %b %Y %I:%M %p", "Sun 05 May 2017 12:30 am"), "2017-05-05T00:30:00Z");
  EXPECT_EQ(Reformat("%F %I%p", "2017-05-05 1PM"), "2017-05-05T13:00:00Z");
  EXPECT_EQ(Reformat("%Y-%m-%dT%H:%M:%S.%f%z", "2017-03-05T10:00:00.5+02:00"), "2017-03-05T08:00:00.5Z");
  EXPECT_EQ(Reformat("%F %T %Z", "2017-03-05 10:00:00 UTC"), "2017-03-05T10:00:00Z");
  EXPECT_EQ(Reformat("%Y %j", "2012 366"), "2012-12-31T00:00:00Z");
  EXPECT_EQ(Reformat("100%% %H", "100% 7"), "1900-01-01T07:00:00Z");
  EXPECT_EQ(Reformat("%H:%M", "7:5"), "1900-01-01T07:05:00Z");
}

TEST(TimeFormat, TextThatDoesNotFollowIsRefused) {
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "13/1/2010 8:26"), "none");
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "2/30/2010 8:26"), "none");
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "1/2/10 8:26"), "none");
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "1/2/2010 8:26x"), "none");
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "1/2/2010"), "none");
  EXPECT_EQ(Reformat("%m/%d/%Y %H:%M", "1/2/2010 24:00"), "none");
  EXPECT_EQ(Reformat("%Y %j", "2011 366"), "none");
  EXPECT_EQ(Reformat("%H %Z", "1 CET"), "none");
  EXPECT_EQ(Reformat("%I %p", "13 PM"), "none");
}

TEST(TimeFormat, UnknownDirectiveIsNamed) {
  EXPECT_NE(Reformat("%Y-%Q", "").find("%Q is not a directive"), std::string::npos);
  EXPECT_NE(Reformat("%Y-%", "").find("ends in the middle"), std::string::npos);
}

TEST(TimeFormat, DateKeepsTheDayAsWritten) {
  auto format = TimeFormat::Compile("%Y-%m-%d %H:%M%z");
  EXPECT_EQ(format->ParseDate("2017-03-05 00:30+02:00"), ParseIsoDate("2017-03-05"));
  EXPECT_FALSE(format->ParseDate("2017-03-05 25:30+02:00"));
}

TEST(TimeFormat, WrittenTimesReadBack) {
  for (const char* format : {"%d-%m-%Y %H:%M:%S.%f", "%B %d %Y %I:%M:%S %p %f", "%a %b %d %Y %T.%f %z",
                             "%Y/%j %T.%f %Z", "%-d/%-m/%Y %T %f"}) {
    auto compiled = TimeFormat::Compile(format);
    ASSERT_TRUE(compiled);
    for (int64_t micros : {int64_t{0}, int64_t{1'291'191'960'000'001}, int64_t{-62'135'596'800'000'000},
                           int64_t{253'402'300'799'999'999}}) {
      std::string text;
      compiled->Append(micros, &text);
      EXPECT_EQ(compiled->ParseTimestamp(text), micros) << text;
    }
  }
}

TEST(TimeFormat, TimesAreWrittenAsStrftimeDoes) {
  auto format = TimeFormat::Compile("%d-%m-%Y %H:%M:%S %A %y %-d");
  std::string text;
  format->Append(*ParseRfc3339("2010-12-01T08:26:05Z"), &text);
  EXPECT_EQ(text, "01-12-2010 08:26:05 Wednesday 10 1");
}

}  // namespace
}  // namespace tailrace
