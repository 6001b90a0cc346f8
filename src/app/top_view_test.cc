#include "app/top_view.h"

#include <gtest/gtest.h>

namespace tailrace::app {
namespace {

using std::chrono::milliseconds;
using Time = std::chrono::steady_clock::time_point;

constexpr size_t kWidth = 120;

JsonValue Status(std::string_view json) {
  auto status = ParseJson(json);
  EXPECT_TRUE(status);
  return status ? std::move(*status) : JsonValue{};
}

JsonValue Shop(int64_t in_first, int64_t in_second, int64_t consumed, std::string_view more = "") {
  const auto text = [](int64_t number) { return std::to_string(number); };
  return Status(R"({"streams":[{"name":"sales","records":)" + text(in_first + in_second) + R"(,"ends":[)" + text(in_first) + "," +
                text(in_second) + R"(]}],"materializations":[{"name":"revenue","kind":"table","stream":"sales","positions":[)" +
                text(consumed) + R"(,0],"lag":)" + text(in_first + in_second - consumed) + R"(,"lag_seconds":1.5,"rejected":2)" +
                std::string(more) + "}]}");
}

TEST(TopView, TheFirstLookHasCountsAndNoRates) {
  TopView view;
  EXPECT_EQ(view.Show(Shop(1000, 234, 1200), Time(milliseconds(0)), kWidth),
            "stream  records  per second\n"
            "sales     1,234\n"
            "\n"
            "kept     kind   from   per second  behind  seconds  refused  state\n"
            "revenue  table  sales                  34      1.5        2  ok\n");
}

TEST(TopView, ARateIsWhatCameSinceTheLookBefore) {
  TopView view;
  view.Show(Shop(1000, 234, 1200), Time(milliseconds(0)), kWidth);
  EXPECT_EQ(view.Show(Shop(2000, 234, 1300), Time(milliseconds(500)), kWidth),
            "stream  records  per second\n"
            "sales     2,234       2,000\n"
            "\n"
            "kept     kind   from   per second  behind  seconds  refused  state\n"
            "revenue  table  sales         200     934      1.5        2  ok\n");
}

TEST(TopView, WhatStandsStillSaysWhy) {
  TopView view;
  const std::string text = view.Show(Shop(1, 0, 0, R"(,"trouble":"the disk is full")"), Time(), kWidth);
  EXPECT_NE(text.find("the disk is full\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("ok"), std::string::npos) << text;
}

TEST(TopView, APipelineWithoutStreamsShowsTheHeaders) {
  TopView view;
  EXPECT_EQ(view.Show(Status("{}"), Time(), kWidth),
            "stream  records  per second\n\nkept  kind  from  per second  behind  seconds  refused  state\n");
}

}  // namespace
}  // namespace tailrace::app
