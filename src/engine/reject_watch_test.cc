#include "engine/reject_watch.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <tuple>
#include <vector>

#include "engine/append_call.h"
#include "ports/testing/fake_event_log.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kRecords{0};
constexpr StreamId kLetters{1};
constexpr int64_t kMinute = 60'000;

class RejectWatchTest : public ::testing::Test {
 protected:
  // As a start of the program does: all is counted from the log.
  void Open(std::string_view limit, bool pauses = false) {
    // The log calls what has subscribed until its own end.
    earlier_.emplace_back(std::move(letters_), std::move(watch_), std::move(pipeline_));
    letters_ = std::make_unique<DeadLetters>(log_, std::map<std::string, StreamId, std::less<>>{{"sales", kLetters}},
                                             [this](std::string_view, const PendingRedrive& redrive) { return redrive.at < consumed_; });
    pipeline_ = std::make_unique<config::Pipeline>();
    config::StreamSpec sales;
    sales.name = "sales";
    if (!limit.empty()) {
      sales.max_rejects = config::ParseRejectLimit(limit);
      sales.max_rejects->pauses = pauses;
    }
    pipeline_->streams = {sales};
    watch_ = std::make_unique<RejectWatch>(
        *pipeline_, [](const std::string&) { return RejectWatch::Ids{kRecords, kLetters}; }, log_, *letters_, clock_);
  }

  Offset Append(StreamId stream, const std::string& value) {
    const std::vector<NewRecord> records{{value, std::nullopt}};
    AppendRequest request;
    request.stream = stream;
    request.records = records;
    return AppendAndWait(log_, request)->first;
  }

  void Accept(int records) {
    for (int i = 0; i < records; ++i) Append(kRecords, "{}");
  }

  DeadLetter AtTheDoor() {
    DeadLetter letter;
    letter.stage = Stage::kSchema;
    letter.stream = "sales";
    letter.request = "r1";
    letter.place = ++refused_;
    letter.reason = "expected int";
    return letter;
  }

  void Refuse(int records) {
    for (int i = 0; i < records; ++i) Append(kLetters, DeadLetterJson(AtTheDoor(), clock_.Now()));
  }

  void RefuseByTable(int records) {
    for (int i = 0; i < records; ++i) {
      DeadLetter letter;
      letter.stage = Stage::kTable;
      letter.stream = "sales";
      letter.materialization = "sums";
      letter.partition = PartitionId{0};
      letter.offset = Offset{++refused_};
      letter.reason = "cannot convert";
      Append(kLetters, DeadLetterJson(letter, clock_.Now()));
    }
  }

  std::string Reason() {
    const auto trouble = watch_->Look("sales");
    return trouble ? trouble->reason : "";
  }

  void Pass(int64_t milliseconds) { clock_.Advance(std::chrono::milliseconds(milliseconds)); }

  ManualClock clock_{WallTime{1'000'000'000'000}};
  FakeEventLog log_{{1, 1}, clock_};
  int64_t refused_ = 0;
  Offset consumed_;
  std::unique_ptr<config::Pipeline> pipeline_;
  std::unique_ptr<DeadLetters> letters_;
  std::unique_ptr<RejectWatch> watch_;
  std::vector<std::tuple<std::unique_ptr<DeadLetters>, std::unique_ptr<RejectWatch>, std::unique_ptr<config::Pipeline>>> earlier_;
};

TEST_F(RejectWatchTest, AStreamWithoutALimitIsNeverInTrouble) {
  Open("");
  Refuse(500);
  EXPECT_EQ(Reason(), "");
  EXPECT_FALSE(watch_->IsPaused(0));
  EXPECT_FALSE(watch_->Known(0).has_value());
  EXPECT_TRUE(watch_->Standings().empty());
}

TEST_F(RejectWatchTest, AShareCountsWhatTheDoorsRefusedAmongAllThatCame) {
  Open("5% of 10m");
  Accept(950);
  Refuse(50);
  EXPECT_EQ(Reason(), "") << "50 of 1000";
  Refuse(1);
  EXPECT_EQ(Reason(), "stream sales has 51 dead letters among the 1001 records of the last 10m, more than its max_rejects: 5% of 10m");
  const auto standing = watch_->Standings().front();
  EXPECT_EQ(standing.stream, "sales");
  EXPECT_EQ(standing.counts.letters, 51);
  EXPECT_EQ(standing.counts.records, 1001);
}

TEST_F(RejectWatchTest, ARecordThatATableRefusedIsAmongThoseAccepted) {
  Open("5% of 10m");
  Accept(1000);
  RefuseByTable(50);
  EXPECT_EQ(Reason(), "");
  RefuseByTable(1);
  EXPECT_NE(Reason().find("51 dead letters among the 1000 records"), std::string::npos) << Reason();
}

TEST_F(RejectWatchTest, TheWindowPassesAndAllIsWell) {
  Open("3 of 10m", true);
  Refuse(4);
  EXPECT_EQ(Reason(), "stream sales has 4 dead letters of the last 10m, more than its max_rejects: 3 of 10m");
  EXPECT_TRUE(watch_->IsPaused(0));
  EXPECT_TRUE(watch_->Known(0)->pauses);
  Pass(9 * kMinute);
  EXPECT_NE(Reason(), "");
  Pass(2 * kMinute);
  EXPECT_EQ(Reason(), "");
  EXPECT_FALSE(watch_->IsPaused(0));
}

TEST_F(RejectWatchTest, AnAlarmPausesNothing) {
  Open("3 of 10m");
  Refuse(4);
  EXPECT_NE(Reason(), "");
  EXPECT_FALSE(watch_->IsPaused(0));
}

TEST_F(RejectWatchTest, ARestartForgetsNothingOfTheWindow) {
  Open("3 of 10m");
  Refuse(2);
  Pass(20 * kMinute);
  Refuse(4);
  Open("3 of 10m");
  EXPECT_NE(Reason().find("has 4 dead letters"), std::string::npos) << Reason();
}

TEST_F(RejectWatchTest, WithoutAWindowOpenLettersCountUntilTheyAreSentAgain) {
  Open("1");
  Refuse(1);
  const DeadLetter letter = AtTheDoor();
  const Offset at = Append(kLetters, DeadLetterJson(letter, clock_.Now()));
  Pass(1000 * kMinute);
  EXPECT_EQ(Reason(), "stream sales has 2 open dead letters, more than its max_rejects: 1");
  LetterEntry redrive;
  redrive.kind = LetterKind::kRedrive;
  redrive.letter = letter;
  redrive.answers = at;
  consumed_ = Append(kLetters, RedriveJson(redrive)).Plus(1);
  EXPECT_EQ(Reason(), "");
}

TEST_F(RejectWatchTest, OneThatIsSentAgainAndRefusedAnewCountsOnce) {
  Open("1 of 10m");
  DeadLetter letter = AtTheDoor();
  const Offset at = Append(kLetters, DeadLetterJson(letter, clock_.Now()));
  LetterEntry redrive;
  redrive.kind = LetterKind::kRedrive;
  redrive.letter = letter;
  redrive.answers = at;
  letter.redrive = Append(kLetters, RedriveJson(redrive));
  Append(kLetters, DeadLetterJson(letter, clock_.Now()));
  EXPECT_EQ(Reason(), "");
  Refuse(1);
  EXPECT_NE(Reason().find("has 2 dead letters"), std::string::npos) << Reason();
}

TEST_F(RejectWatchTest, ResumeForgivesWhatCameSoFarAndARestartKnowsIt) {
  for (const char* limit : {"3", "3 of 10m", "5% of 10m"}) {
    Open(limit, true);
    ASSERT_TRUE(watch_->Resume("sales").has_value());
    Refuse(20);
    EXPECT_NE(Reason(), "") << limit;
    Pass(1);
    ASSERT_TRUE(watch_->Resume("sales").has_value());
    EXPECT_FALSE(watch_->IsPaused(0)) << limit << ": at once";
    EXPECT_EQ(Reason(), "") << limit;
    Open(limit, true);
    EXPECT_EQ(Reason(), "") << limit << ": after a restart";
    Pass(1);
    Refuse(20);
    EXPECT_NE(Reason().find(" 20 "), std::string::npos) << limit << ": " << Reason();
  }
}

TEST_F(RejectWatchTest, ResumeNamesWhatItCannotDo) {
  Open("");
  EXPECT_EQ(watch_->Resume("sales").error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(watch_->Resume("nosuch").error().code(), ErrorCode::kNotFound);
  Open("1");
  log_.Refuse(Error::Exhausted("disk full"));
  EXPECT_EQ(watch_->Resume("sales").error().code(), ErrorCode::kExhausted);
}

TEST_F(RejectWatchTest, ALogThatCannotBeReadChangesNothing) {
  Open("3 of 10m", true);
  Refuse(4);
  EXPECT_NE(Reason(), "");
  Refuse(1);
  log_.FailReads(kLetters, PartitionId{0}, Error::Unavailable("disk"));
  EXPECT_NE(Reason().find("has 4 dead letters"), std::string::npos) << Reason();
}

TEST_F(RejectWatchTest, ItLooksByItselfOnceStarted) {
  Open("3 of 10m", true);
  watch_->Start();
  Refuse(4);
  while (!watch_->IsPaused(0)) std::this_thread::yield();
  ASSERT_TRUE(watch_->Resume("sales").has_value());
  EXPECT_FALSE(watch_->IsPaused(0));
  watch_->Stop();
}

}  // namespace
}  // namespace tailrace::engine
