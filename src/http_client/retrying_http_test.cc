#include "http_client/retrying_http.h"

#include <gtest/gtest.h>

#include <deque>

namespace tailrace::http_client {
namespace {

using std::chrono::milliseconds;

// Gives back what it was told to, in turn.
class ScriptedHttp final : public OutboundHttp {
 public:
  explicit ScriptedHttp(std::deque<Result<OutboundAnswer>>* script) : script_(script) {}
  Result<OutboundAnswer> Send(const OutboundRequest&, const std::stop_token&) override {
    auto next = script_->front();
    script_->pop_front();
    return next;
  }

 private:
  std::deque<Result<OutboundAnswer>>* script_;
};

OutboundAnswer Status(int status, std::string retry_after = "") {
  OutboundAnswer answer;
  answer.status = status;
  if (!retry_after.empty()) answer.headers = {{"retry-after", std::move(retry_after)}};
  return answer;
}

constexpr WallTime kNow{1'704'067'200'000'000};  // Mon, 01 Jan 2024 00:00:00 GMT

class RetryingHttpTest : public testing::Test {
 protected:
  Result<OutboundAnswer> Send(std::deque<Result<OutboundAnswer>> script, int tries_max = 4) {
    script_ = std::move(script);
    waits_.clear();
    const auto http = NewRetryingHttp(std::make_unique<ScriptedHttp>(&script_), clock_, random_, [this](milliseconds wait, const std::stop_token&) {
      waits_.push_back(wait);
      return !stopped_;
    });
    OutboundRequest request;
    request.tries_max = tries_max;
    return http->Send(request, {});
  }

  ManualClock clock_{kNow};
  SeededRandom random_{1};
  std::deque<Result<OutboundAnswer>> script_;
  std::vector<milliseconds> waits_;
  bool stopped_ = false;
};

TEST_F(RetryingHttpTest, WhatPassesIsTriedAgain) {
  const auto answer = Send({Fail(Error::Unavailable("down")), Status(503), Status(429), Status(200)});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(waits_.size(), 3U);
}

TEST_F(RetryingHttpTest, WhatDoesNotPassIsNot) {
  for (const int status : {200, 301, 304, 400, 401, 403, 404, 422, 501}) {
    EXPECT_EQ(Send({Status(status), Status(200)})->status, status);
  }
  EXPECT_EQ(Send({Fail(Error::Invalid("no")), Status(200)}).error().code(), ErrorCode::kInvalid);
  EXPECT_TRUE(waits_.empty());
}

TEST_F(RetryingHttpTest, TheLastOutcomeIsTheOutcome) {
  EXPECT_EQ(Send({Status(500), Status(502)}, 2)->status, 502);
  EXPECT_EQ(Send({Status(500), Fail(Error::Unavailable("down"))}, 2).error().message(), "down");
  EXPECT_EQ(Send({Status(500)}, 1)->status, 500);
}

TEST_F(RetryingHttpTest, DelaysDoubleAndAreSpread) {
  std::deque<Result<OutboundAnswer>> script;
  for (int i = 0; i < 10; ++i) script.push_back(Status(500));
  ASSERT_TRUE(Send(script, 10));
  int64_t full = 1000;
  for (const milliseconds wait : waits_) {
    EXPECT_GE(wait.count(), full / 2);
    EXPECT_LE(wait.count(), full);
    full = std::min<int64_t>(full * 2, kRetryDelayMax.count());
  }
  const auto first = waits_;
  ASSERT_TRUE(Send(script, 10));
  EXPECT_NE(first, waits_);
}

TEST_F(RetryingHttpTest, RetryAfterIsWaitedForUpToALimit) {
  ASSERT_EQ(Send({Status(503, "7"), Status(200)})->status, 200);
  EXPECT_EQ(waits_.at(0), milliseconds(7'000));
  ASSERT_EQ(Send({Status(429, "Mon, 01 Jan 2024 00:00:30 GMT"), Status(200)})->status, 200);
  EXPECT_EQ(waits_.at(0), milliseconds(30'000));
  ASSERT_EQ(Send({Status(503, "3600"), Status(200)})->status, 503);
  EXPECT_TRUE(waits_.empty());
  ASSERT_EQ(Send({Status(503, "soon"), Status(200)})->status, 200);
  EXPECT_LE(waits_.at(0), milliseconds(1'000));
}

TEST_F(RetryingHttpTest, AStopEndsTheWaiting) {
  stopped_ = true;
  EXPECT_EQ(Send({Status(500), Status(200)}).error().code(), ErrorCode::kCancelled);
}

TEST(ReadRetryAfter, TakesSecondsAndDates) {
  EXPECT_EQ(ReadRetryAfter("0", kNow), milliseconds(0));
  EXPECT_EQ(ReadRetryAfter("120", kNow), milliseconds(120'000));
  EXPECT_EQ(ReadRetryAfter("Mon, 01 Jan 2024 00:01:00 GMT", kNow), milliseconds(60'000));
  EXPECT_EQ(ReadRetryAfter("Sun, 31 Dec 2023 00:00:00 GMT", kNow), milliseconds(0));
  EXPECT_GT(ReadRetryAfter("9223372036854775807", kNow), kRetryAfterMax);
  for (const char* text : {"", "-1", "1.5", "tomorrow or so", "99999999999999999999999"}) EXPECT_LT(ReadRetryAfter(text, kNow).count(), 0) << text;
}

TEST(WaitOnTheMachine, IsOverWhenTheTimeIsOrAStopComes) {
  EXPECT_TRUE(WaitOnTheMachine()(milliseconds(1), {}));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(WaitOnTheMachine()(std::chrono::hours(1), stop.get_token()));
}

}  // namespace
}  // namespace tailrace::http_client
