#include "sources/poll_source.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "base/fault_file_system.h"
#include "model/json_text.h"
#include "ports/testing/fake_outbound_http.h"

namespace tailrace {
namespace {

constexpr int64_t kMinute = 60'000'000;
constexpr WallTime kStart{1'488'520'790'000'000};  // 2017-03-03T05:59:50Z

schedule::Schedule EveryMinute() { return *schedule::Schedule::Every(std::chrono::minutes(1)); }

// What the log does with rows: each once, by their places, and the beginning of the last batch for who starts again.
class Log {
 public:
  void Append(const SourceBatch& batch) {
    for (const SourceRow& row : batch.rows) {
      if (row.place < done_below_) continue;
      rows.emplace_back(row.fault.empty() ? row.json : row.raw);
      faults.push_back(row.fault);
      items.push_back(batch.item_name);
      lines.push_back(row.line);
    }
    start_ = end_;
    end_ = done_below_ = std::max(done_below_, batch.next);
  }
  std::optional<ResumePoint> Resume() const { return end_ == 0 ? std::nullopt : std::optional(ResumePoint{start_, ""}); }

  std::vector<std::string> rows;
  std::vector<std::string> faults;
  std::vector<std::string> items;
  std::vector<int64_t> lines;

 private:
  int64_t start_ = 0;
  int64_t end_ = 0;
  int64_t done_below_ = 0;
};

class PollSourceTest : public testing::Test {
 protected:
  PollSourceTest() {
    spec_.schedule = EveryMinute();
    spec_.url = "https://x.org/v1";
    spec_.each.emplace_back();
    spec_.records = "/items/*";
  }

  Result<std::unique_ptr<Source>> Open() {
    PollSourceOptions options;
    options.name = "items";
    options.folder = folder_;
    options.once = once_;
    options.counts = counts_ = std::make_shared<PollCounts>();
    options.asks = asks_;
    options.wait = [this](WallTime due, const std::stop_token& stop) {
      if (wait_) return wait_(due, stop);
      if (due > until_) return false;
      clock_.Set(due);
      return true;
    };
    return MakePollSource(spec_, std::move(options), http_, files_, clock_);
  }

  // As the pump does, to the end or the first error. `appends` batches come into the log; the last one's position does,
  // too, but nobody says so to the source.
  Status Run(size_t bytes_max = 1 << 20, int64_t appends = INT64_MAX) {
    TR_TRY(const auto source, Open());
    const ResumeLookup resume = [this](std::string_view) { return log_.Resume(); };
    while (true) {
      TR_TRY(const SourceBatch batch, source->Next(bytes_max, resume, {}));
      if (batch.end) return {};
      log_.Append(batch);
      if (--appends == 0) return Fail(Error::Cancelled("killed"));
    }
  }

  // {"items":[{"n":0}, ...]}, each record with what was asked and a number that no other answer has.
  Result<OutboundAnswer> Items(const OutboundRequest& request, int records) {
    std::string body = "{\"items\":[";
    for (int i = 0; i < records; ++i) body += fmt::format("{}{{\"asked\":\"{}\",\"answer\":{},\"i\":{}}}", i == 0 ? "" : ",", request.url, answers_, i);
    ++answers_;
    return AnswerWith(body + "]}");
  }

  config::PollSourceSpec spec_;
  FaultFileSystem files_;
  std::string folder_ = "data/polls/items";
  ManualClock clock_{kStart};
  WallTime until_{kStart.micros + 5 * kMinute};
  bool once_ = false;
  int answers_ = 0;
  std::function<Result<OutboundAnswer>(const OutboundRequest&)> answer_ = [this](const OutboundRequest& request) { return Items(request, 2); };
  FakeOutboundHttp http_{[this](const OutboundRequest& request) { return answer_(request); }};
  std::shared_ptr<PollCounts> counts_;
  std::shared_ptr<PollAsks> asks_;
  WaitForTime wait_;
  Log log_;
};

TEST_F(PollSourceTest, AsksAtEachDueTimeAndForEachEntry) {
  spec_.url = "https://x.org/{a}/{due:%H%M}";
  spec_.each = {{{"a", "\"x\""}}, {{"a", "\"y\""}}};
  until_ = {kStart.micros + 2 * kMinute};
  ASSERT_TRUE(Run());
  std::vector<std::string> asked;
  for (const OutboundRequest& request : http_.requests()) asked.push_back(request.url);
  EXPECT_EQ(asked, (std::vector<std::string>{"https://x.org/x/0600", "https://x.org/y/0600", "https://x.org/x/0601", "https://x.org/y/0601"}));
  EXPECT_EQ(log_.rows.size(), 8U);
  EXPECT_EQ(log_.items.front(), "2017-03-03T06:00:00Z");
  EXPECT_EQ(log_.items.back(), "2017-03-03T06:01:00Z request 2");
  EXPECT_EQ(log_.lines.back(), 2);
  EXPECT_EQ(counts_->answers, 4);
}

TEST_F(PollSourceTest, OnceAsksNowAndEnds) {
  once_ = true;
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 1U);
  EXPECT_EQ(log_.items.at(0), "2017-03-03T05:59:50Z");
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 1U) << "of one second there is one poll";
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 2U);
  EXPECT_EQ(log_.rows.size(), 4U);
}

TEST_F(PollSourceTest, AnAnswerThatHoldsNoRecordsIsADeadLetterAndTheNextIsAskedFor) {
  spec_.each = {{{"a", "1"}}, {{"a", "2"}}};
  until_ = {kStart.micros + kMinute};
  answer_ = [this](const OutboundRequest& request) -> Result<OutboundAnswer> {
    if (answers_ > 0) return Items(request, 1);
    ++answers_;
    return AnswerWith("<html>busy</html>", 503);
  };
  ASSERT_TRUE(Run());
  ASSERT_EQ(log_.rows.size(), 2U);
  EXPECT_EQ(log_.rows[0], "<html>busy</html>");
  EXPECT_EQ(log_.faults[0], "https://x.org/v1 answered with status 503");
  EXPECT_EQ(log_.faults[1], "");
  EXPECT_EQ(counts_->failed, 1);
}

TEST_F(PollSourceTest, NoAnswerIsADeadLetterToo) {
  once_ = true;
  answer_ = [](const OutboundRequest&) -> Result<OutboundAnswer> { return Fail(Error::Unavailable("https://x.org/v1: nobody there")); };
  ASSERT_TRUE(Run());
  EXPECT_EQ(log_.faults, std::vector<std::string>{"https://x.org/v1: nobody there"});
  EXPECT_EQ(log_.rows, std::vector<std::string>{""});
}

TEST_F(PollSourceTest, PagesAreReadToTheEnd) {
  once_ = true;
  spec_.pages.by = config::PollPages::By::kPage;
  spec_.pages.param = "page";
  answer_ = [this](const OutboundRequest& request) { return Items(request, request.url.ends_with("=3") ? 0 : 2); };
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 3U);
  EXPECT_EQ(log_.rows.size(), 4U);
  EXPECT_EQ(log_.items.back(), "2017-03-03T05:59:50Z request 1 page 2");
}

TEST_F(PollSourceTest, AServerThatRepeatsAPageIsNotAskedForEver) {
  once_ = true;
  spec_.pages.by = config::PollPages::By::kPage;
  spec_.pages.param = "page";
  answer_ = [](const OutboundRequest& request) -> Result<OutboundAnswer> {
    return AnswerWith(request.url.ends_with("=1") ? R"({"items":[{"n":1}],"at":1})" : R"({"items":[{"n":2}],"at":2})");
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(log_.rows, (std::vector<std::string>{R"({"n":1})", R"({"n":2})"}));
  EXPECT_EQ(http_.requests().size(), 3U);
}

TEST_F(PollSourceTest, ACursorThatComesBackIsADeadLetter) {
  once_ = true;
  spec_.pages.by = config::PollPages::By::kCursor;
  spec_.pages.cursor = "/next";
  spec_.pages.param = "after";
  answer_ = [this](const OutboundRequest&) -> Result<OutboundAnswer> {
    ++answers_;
    return AnswerWith(fmt::format(R"({{"items":[{{"n":{}}}],"next":"{}"}})", answers_, answers_ % 2 == 0 ? "a" : "b"));
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 3U);
  ASSERT_EQ(log_.rows.size(), 4U);
  EXPECT_NE(log_.faults.back().find("read already"), std::string::npos) << log_.faults.back();
}

TEST_F(PollSourceTest, PagesWithoutEndEndAtTheLimit) {
  once_ = true;
  spec_.pages.by = config::PollPages::By::kOffset;
  spec_.pages.param = "offset";
  spec_.pages.pages_max = 4;
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 4U);
  EXPECT_EQ(log_.rows.size(), 9U);
  EXPECT_EQ(log_.faults.back(), "there are more than 4 pages");
}

TEST_F(PollSourceTest, WhatHasNotChangedIsNotSentAgain) {
  until_ = {kStart.micros + 3 * kMinute};
  answer_ = [this](const OutboundRequest& request) -> Result<OutboundAnswer> {
    for (const OutboundHeader& header : request.headers) {
      if (header.name == "If-None-Match" && header.value == "\"v1\"") return AnswerWith("", 304);
    }
    auto answer = Items(request, 1);
    answer->headers = {{"etag", "\"v1\""}};
    return answer;
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 3U);
  EXPECT_EQ(log_.rows.size(), 1U);
  EXPECT_EQ(counts_->unchanged, 2);
}

TEST_F(PollSourceTest, ATokenIsFetchedOnceAndAgainWhenItIsNotTaken) {
  spec_.auth = {config::PollAuth::Kind::kOauth2, "me", "s3cret", "https://auth.org/token", "read", ""};
  until_ = {kStart.micros + 2 * kMinute};
  int tokens = 0;
  answer_ = [&](const OutboundRequest& request) -> Result<OutboundAnswer> {
    if (request.url == "https://auth.org/token") {
      EXPECT_EQ(request.body, "grant_type=client_credentials&scope=read");
      EXPECT_EQ(request.redirects_max, 0);
      return AnswerWith(fmt::format(R"({{"access_token":"t{}","expires_in":3600}})", ++tokens));
    }
    const bool taken = std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) { return header.value == "Bearer t2" && header.secret; });
    return taken ? Items(request, 1) : AnswerWith("", 401);
  };
  ASSERT_TRUE(Run());
  EXPECT_EQ(tokens, 2);
  EXPECT_EQ(log_.rows.size(), 2U);
  EXPECT_EQ(http_.requests().size(), 5U);
}

TEST_F(PollSourceTest, ARefusedTokenIsADeadLetterThatShowsNoSecret) {
  spec_.auth = {config::PollAuth::Kind::kOauth2, "me", "s3cret", "https://auth.org/token?x=s3cret", "", ""};
  once_ = true;
  answer_ = [&](const OutboundRequest&) -> Result<OutboundAnswer> { return AnswerWith("s3cret is wrong", 400); };
  ASSERT_TRUE(Run());
  ASSERT_EQ(log_.faults.size(), 1U);
  EXPECT_EQ(log_.faults[0], "no token: https://auth.org/token answered with status 400");
  EXPECT_EQ(log_.rows[0], "");
}

TEST_F(PollSourceTest, AfterADownTimeTheLastIsMadeUpFor) {
  until_ = {kStart.micros + kMinute};
  ASSERT_TRUE(Run());
  clock_.Advance(std::chrono::seconds(610));
  until_ = clock_.Now();
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 2U);
  EXPECT_EQ(log_.items.back(), "2017-03-03T06:10:00Z");
  EXPECT_EQ(counts_->missed, 9);
}

TEST_F(PollSourceTest, WhatIsMissedIsAsCatchUpSays) {
  until_ = {kStart.micros + kMinute};
  ASSERT_TRUE(Run());
  spec_.catch_up.kind = schedule::CatchUp::Kind::kNone;
  clock_.Advance(std::chrono::seconds(310));
  until_ = clock_.Now();
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 1U);
  spec_.catch_up = {schedule::CatchUp::Kind::kAll, 3};
  clock_.Advance(std::chrono::minutes(5));
  until_ = clock_.Now();
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 4U);
}

TEST_F(PollSourceTest, ASourceThatNeverRanHasMissedNothing) {
  until_ = kStart;
  ASSERT_TRUE(Run());
  EXPECT_TRUE(http_.requests().empty());
  clock_.Advance(std::chrono::hours(1));
  until_ = clock_.Now();
  ASSERT_TRUE(Run());
  EXPECT_EQ(http_.requests().size(), 1U) << "but what came since has been missed";
}

// Somebody who asks while the source is at work, from a thread of its own.
class Asker {
 public:
  Asker(PollAsks& asks, int64_t due_s) : asks_(asks), due_s_(due_s) {}
  Result<int64_t> Answer() {
    thread_.join();
    return *answer_;
  }
  void Begin(const std::function<bool()>& is_over = [] { return false; }) {
    thread_ = std::jthread([this, is_over] { answer_ = asks_.Ask(due_s_, is_over, {}); });
  }

 private:
  PollAsks& asks_;
  const int64_t due_s_;
  std::optional<Result<int64_t>> answer_;
  std::jthread thread_;
};

TEST_F(PollSourceTest, WithoutAScheduleItIsAskedWhenSomebodyAsks) {
  spec_.schedule.reset();
  spec_.url = "https://x.org/{due:%H%M%S}";
  asks_ = std::make_shared<PollAsks>();
  const int64_t now_s = kStart.micros / 1'000'000;
  Asker first(*asks_, now_s);
  Asker second(*asks_, now_s + 5);
  Asker again(*asks_, now_s + 5);
  Asker late(*asks_, now_s + 1);
  int sleeps = 0;
  wait_ = [&](WallTime, const std::stop_token& stop) {
    switch (sleeps++) {
      case 0: first.Begin(); break;
      case 1: EXPECT_EQ(first.Answer().value(), 2); second.Begin(); break;
      case 2: EXPECT_EQ(second.Answer().value(), 2); again.Begin(); break;
      case 3: EXPECT_EQ(again.Answer().value(), 2); late.Begin(); break;
      default: EXPECT_EQ(late.Answer().error().code(), ErrorCode::kInvalid); return false;
    }
    while (!stop.stop_requested()) std::this_thread::yield();
    return false;
  };
  ASSERT_TRUE(Run());
  ASSERT_EQ(http_.requests().size(), 2U) << "a due time is asked for once, and never an earlier one";
  EXPECT_EQ(http_.requests()[0].url, "https://x.org/055950");
  EXPECT_EQ(http_.requests()[1].url, "https://x.org/055955");
  EXPECT_EQ(log_.rows.size(), 4U);
}

TEST_F(PollSourceTest, WhoAsksHearsOfAnAnswerThatWasNotWhatWasPromisedAlsoAfterARestart) {
  spec_.schedule.reset();
  asks_ = std::make_shared<PollAsks>();
  answer_ = [](const OutboundRequest&) { return AnswerWith("<html>"); };
  for (int run = 0; run < 2; ++run) {
    Asker asker(*asks_, kStart.micros / 1'000'000);
    bool slept = false;
    wait_ = [&](WallTime, const std::stop_token& stop) {
      if (std::exchange(slept, true)) return false;
      asker.Begin();
      while (!stop.stop_requested()) std::this_thread::yield();
      return false;
    };
    ASSERT_TRUE(Run());
    const auto answer = asker.Answer();
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  }
  EXPECT_EQ(http_.requests().size(), 1U);
}

TEST_F(PollSourceTest, WhoAsksASourceThatHasEndedIsTold) {
  PollAsks asks;
  EXPECT_EQ(asks.Ask(1, [] { return true; }, {}).error().code(), ErrorCode::kUnavailable);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(asks.Ask(1, [] { return false; }, stop.get_token()).error().code(), ErrorCode::kCancelled);
}

TEST_F(PollSourceTest, ADueTimeOfTheScheduleThatSomebodyAsksForIsAskedForOnce) {
  asks_ = std::make_shared<PollAsks>();
  until_ = {kStart.micros + kMinute};
  Asker asker(*asks_, (kStart.micros + 10'000'000) / 1'000'000);  // 06:00:00
  asker.Begin();
  while (!asks_->Next()) std::this_thread::yield();
  ASSERT_TRUE(Run());
  EXPECT_EQ(asker.Answer().value(), 2);
  EXPECT_EQ(http_.requests().size(), 1U);
}

// Every row of every answer that any row came from, once.
void ExpectWholeAnswers(const Log& log, size_t answers, size_t records) {
  std::map<std::string, std::set<std::string>> answers_by_name;
  std::map<std::string, size_t> rows_by_name;
  std::set<std::string> seen;
  for (size_t i = 0; i < log.rows.size(); ++i) {
    EXPECT_TRUE(seen.insert(log.rows[i]).second) << "twice: " << log.rows[i];
    JsonDocument document;
    ASSERT_FALSE(document.Parse(log.rows[i])) << log.rows[i];
    answers_by_name[log.items[i]].insert(std::string(*document.Find("/answer")));
    ++rows_by_name[log.items[i]];
  }
  EXPECT_EQ(answers_by_name.size(), answers);
  for (const auto& [name, of] : answers_by_name) EXPECT_EQ(of.size(), 1U) << name << " is made of " << of.size() << " answers";
  for (const auto& [name, rows] : rows_by_name) EXPECT_EQ(rows, records) << name;
}

TEST_F(PollSourceTest, KilledBehindAnyBatchNothingIsLostOrDoubled) {
  spec_.each = {{{"a", "1"}}, {{"a", "2"}}};
  spec_.url = "https://x.org/{a}";
  spec_.catch_up = {schedule::CatchUp::Kind::kAll, 100};
  answer_ = [this](const OutboundRequest& request) { return Items(request, 5); };
  until_ = {kStart.micros + 3 * kMinute};
  for (int64_t appends = 1; appends < 40; ++appends) {
    SCOPED_TRACE(appends);
    log_ = {};
    folder_ = fmt::format("data/polls/{}", appends);
    clock_.Set(kStart);
    int runs = 0;
    while (!Run(1, appends)) ASSERT_LT(++runs, 100);
    ExpectWholeAnswers(log_, 6, 5);
  }
}

TEST_F(PollSourceTest, StoppedAtAnyFileOperationNothingIsLostOrDoubled) {
  spec_.pages.by = config::PollPages::By::kPage;
  spec_.pages.param = "page";
  spec_.pages.size = 3;
  spec_.catch_up = {schedule::CatchUp::Kind::kAll, 100};
  answer_ = [this](const OutboundRequest& request) { return Items(request, request.url.ends_with("page=2") ? 2 : 3); };
  until_ = {kStart.micros + 2 * kMinute};
  for (const auto loss : {FaultFileSystem::Loss::kNothing, FaultFileSystem::Loss::kUnsynced, FaultFileSystem::Loss::kTear}) {
    bool reached_end = false;
    for (int64_t at = 0; !reached_end; ++at) {
      SCOPED_TRACE(fmt::format("loss {} at {}", static_cast<int>(loss), at));
      ASSERT_LT(at, 1000);
      log_ = {};
      SeededRandom random(static_cast<uint64_t>(at));
      files_.Heal();
      folder_ = fmt::format("data/polls/{}-{}", static_cast<int>(loss), at);
      clock_.Set(kStart);
      files_.ResetCount();
      files_.Inject({.at = at, .for_ever = true, .kind = FaultFileSystem::Kind::kStop});
      reached_end = Run(1).has_value();
      files_.PowerCut(loss, random);
      for (int runs = 0; !Run(1); ++runs) ASSERT_LT(runs, 5);
      // Before the first start was noted no due time could be missed; all behind it come.
      const size_t dues = log_.rows.size() / 5;
      EXPECT_GE(dues, 1U);
      for (const std::string& fault : log_.faults) EXPECT_EQ(fault, "");
      std::set<std::string> once(log_.rows.begin(), log_.rows.end());
      EXPECT_EQ(once.size(), log_.rows.size());
      EXPECT_EQ(log_.rows.size(), dues * 5);
      EXPECT_TRUE(!reached_end || dues == 2) << dues;
    }
  }
}

TEST_F(PollSourceTest, ASpoolThatCannotBeReadIsToldAndPutAside) {
  once_ = true;
  answer_ = [this](const OutboundRequest& request) { return Items(request, 3); };
  ASSERT_FALSE(Run(1, 1));  // killed behind the first row
  const auto names = files_.List("data/polls/items");
  ASSERT_TRUE(names);
  std::string answer;
  for (const std::string& name : *names) answer = name.ends_with(".answer") ? name : answer;
  ASSERT_FALSE(answer.empty());
  {
    const auto file = files_.Open("data/polls/items/" + answer, OpenMode::kWrite);
    ASSERT_TRUE(file);
    ASSERT_TRUE((*file)->WriteAt(30, "x"));
    ASSERT_TRUE((*file)->Sync());
  }
  const auto source = Open();
  ASSERT_TRUE(source);
  const auto broken = (*source)->Next(1, [this](std::string_view) { return log_.Resume(); }, {});
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(broken.error().message().find(answer), std::string::npos);
  const auto next = (*source)->Next(1, [this](std::string_view) { return log_.Resume(); }, {});
  ASSERT_TRUE(next) << next.error().message();
}

}  // namespace
}  // namespace tailrace
