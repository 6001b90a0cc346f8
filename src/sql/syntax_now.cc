// The current time in SQL, replaced by a given one.
#include <fmt/format.h>

#include <chrono>

#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

struct NowName {
  std::string_view name;
  std::string_view type;
};

// Functions and, without parentheses, words of the language that stand for the current time, with the type of their
// answer.
constexpr NowName kNowFunctions[] = {
    {"now", "TIMESTAMP WITH TIME ZONE"},
    {"get_current_timestamp", "TIMESTAMP WITH TIME ZONE"},
    {"transaction_timestamp", "TIMESTAMP WITH TIME ZONE"},
    {"current_timestamp", "TIMESTAMP WITH TIME ZONE"},
    {"today", "DATE"},
    {"current_date", "DATE"},
    {"get_current_time", "TIME WITH TIME ZONE"},
    {"current_time", "TIME WITH TIME ZONE"},
    {"current_localtime", "TIME"},
    {"localtime", "TIME"},
    {"current_localtimestamp", "TIMESTAMP"},
    {"localtimestamp", "TIMESTAMP"},
};
constexpr std::string_view kNowWords[] = {"current_timestamp", "current_date", "current_time", "localtime",
                                          "localtimestamp"};

std::string_view TypeOfNow(std::string_view name) {
  for (const NowName& now : kNowFunctions)
    if (SameName(now.name, name)) return now.type;
  return {};
}

bool IsNowWord(std::string_view name) {
  for (std::string_view word : kNowWords)
    if (SameName(word, name)) return true;
  return false;
}

std::string TimestampText(int64_t micros) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(micros)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Json NowAs(std::string_view type, int64_t micros) {
  if (type == "TIME") return ExpressionOf(fmt::format("CAST(CAST('{}' AS TIMESTAMP) AS TIME)", TimestampText(micros)));
  return ExpressionOf(
      fmt::format("CAST(CAST('{}+00' AS TIMESTAMP WITH TIME ZONE) AS {})", TimestampText(micros), type));
}

Json TodayAsTimestamp(int64_t micros) {
  Json cast = ExpressionOf("CAST(a AS TIMESTAMP)");
  cast["child"] = NowAs("DATE", micros);
  return cast;
}

void Replace(Json& expression, std::string_view type, int64_t micros) {
  Json constant = NowAs(type, micros);
  constant["alias"] = TextAt(expression, "alias");
  expression = std::move(constant);
}

// ago(x) is now() - x.
void ReplaceAgo(Json& expression, int64_t micros) {
  Json difference = ExpressionOf("a - CAST(b AS INTERVAL)");
  difference["alias"] = TextAt(expression, "alias");
  difference["children"][1]["child"] = expression["children"][0];
  difference["children"][0] = NowAs("TIMESTAMP WITH TIME ZONE", micros);
  expression = std::move(difference);
}

void ReplaceNow(Json& expression, int64_t micros) {
  if (IsClass(expression, "FUNCTION")) {
    const std::string name(TextAt(expression, "function_name"));
    const bool has_one_argument = expression["children"].size() == 1;
    // age(x) is counted from the start of the current day.
    if (SameName(name, "age") && has_one_argument)
      expression["children"].insert(expression["children"].begin(), TodayAsTimestamp(micros));
    else if (SameName(name, "ago") && has_one_argument)
      ReplaceAgo(expression, micros);
    else if (expression["children"].empty() && !TypeOfNow(name).empty())
      Replace(expression, TypeOfNow(name), micros);
  } else if (IsClass(expression, "COLUMN_REF") && expression["column_names"].size() == 1) {
    const auto name = expression["column_names"][0].get<std::string>();
    if (IsNowWord(name)) Replace(expression, TypeOfNow(name), micros);
  }
}

}  // namespace

SqlResult<Select> Select::WithNow(int64_t now_micros) const {
  Select copy = *this;
  VisitObjects<Json>(copy.tree_->node(), [&](Json& object) { ReplaceNow(object, now_micros); });
  return copy;
}

}  // namespace tailrace::sql
