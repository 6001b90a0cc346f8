#include "engine/load_desk.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ports/testing/append_and_wait.h"
#include "ports/testing/fake_event_log.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kRecords{0};
constexpr StreamId kLetters{1};
constexpr int32_t kPartitions = 2;

class LoadDeskTest : public ::testing::Test {
 protected:
  static Result<PumpTarget> TargetOf(std::string_view stream) {
    if (stream != "numbers") return Fail(Error::NotFound("no such stream"));
    Schema schema;
    schema.fields.push_back({"n", Type()});
    schema.fields.back().type.kind = TypeKind::kInt;
    return PumpTarget{"numbers", kRecords, kLetters, kPartitions, "", *RecordDecoder::Compile(schema, "n")};
  }

  // Rows `from` to `to` - 1 of the item as {"n":ROW}; those that ten divides are none.
  Result<LoadReceipt> Send(int64_t from, int64_t to, const std::string& item = "file") {
    texts_.clear();
    RowMessage message;
    message.start = from;
    message.batch.item = item;
    message.batch.item_name = "/data/" + item;
    message.batch.next = to;
    message.batch.detail = "at " + std::to_string(to);
    for (int64_t n = from; n < to; ++n) texts_.push_back(R"({"n":)" + (n % 10 == 0 ? R"("x)" + std::to_string(n) + "\"" : std::to_string(n)) + "}" + std::string(64, ' '));
    for (int64_t n = from; n < to; ++n) {
      SourceRow row;
      row.json = std::string_view(texts_[static_cast<size_t>(n - from)]).substr(0, texts_[static_cast<size_t>(n - from)].find('}') + 1);
      row.raw = "raw";
      row.place = n;
      row.line = n + 2;
      message.batch.rows.push_back(row);
    }
    return desk_->Take("numbers", "a key", message);
  }

  int64_t Next(const std::string& item = "file") {
    const auto point = desk_->Open("numbers", item);
    EXPECT_TRUE(point);
    return *point ? (*point)->next : 0;
  }

  std::vector<std::string> Records() {
    std::vector<std::string> all;
    for (int32_t p = 0; p < kPartitions; ++p) {
      for (const std::string& value : ValuesOf(ReadToEnd(log_, kRecords, PartitionId{p}))) all.push_back(value);
    }
    std::sort(all.begin(), all.end());
    return all;
  }

  void Restart() { desk_.emplace(log_, letters_, TargetOf); }

  ManualClock clock_{WallTime{1'000'000}};
  FakeEventLog log_{{kPartitions, 1}, clock_};
  DeadLetterWriter letters_{log_, clock_, [](std::string_view) { return std::optional(LetterStream(kLetters)); }};
  std::optional<LoadDesk> desk_{std::in_place, log_, letters_, TargetOf};
  std::vector<std::string> texts_;
};

TEST_F(LoadDeskTest, RowsAndLettersAreThoseOfASourceThatWasReadHere) {
  const auto receipt = Send(0, 25);
  ASSERT_TRUE(receipt) << receipt.error().message();
  EXPECT_EQ(receipt->accepted, 22);
  EXPECT_EQ(receipt->refused, 3);
  ASSERT_EQ(receipt->faults.size(), 3u);
  EXPECT_EQ(receipt->faults[1].line, 12);
  EXPECT_EQ(receipt->faults[1].pointer, "/n");
  EXPECT_EQ(Records().size(), 22u);
  const auto letters = ValuesOf(ReadToEnd(log_, kLetters, PartitionId{0}));
  ASSERT_EQ(letters.size(), 3u);
  for (const char* part : {R"("source":"load")", R"("item":"/data/file")", R"("line":12)", R"("raw":"raw")"})
    EXPECT_NE(letters[1].find(part), std::string::npos) << letters[1];
}

TEST_F(LoadDeskTest, RowsThatDoNotFollowAreRefusedUntilTheyDo) {
  ASSERT_TRUE(Send(0, 10));
  EXPECT_EQ(Send(0, 10).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(Send(15, 20).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(Next(), 10);
  EXPECT_TRUE(Send(10, 20));
  EXPECT_EQ(Next("other"), 0);
  EXPECT_TRUE(Send(0, 5, "other"));
  EXPECT_EQ(Next(), 20);
}

TEST_F(LoadDeskTest, AfterARestartTheLastBatchComesAgainAndAddsNothing) {
  ASSERT_TRUE(Send(0, 10));
  ASSERT_TRUE(Send(10, 20));
  const auto before = Records();
  Restart();
  EXPECT_EQ(Send(20, 30).error().code(), ErrorCode::kConflict);
  const auto point = desk_->Open("numbers", "file");
  ASSERT_TRUE(point && *point);
  EXPECT_EQ((*point)->next, 10);
  EXPECT_EQ((*point)->detail, "at 10");
  EXPECT_EQ((*point)->held_next, 20);
  EXPECT_EQ((*point)->held_detail, "at 20");
  const auto again = Send(10, 20);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->accepted + again->refused, 0);
  EXPECT_EQ(Records(), before);
  EXPECT_TRUE(Send(20, 30));
}

TEST_F(LoadDeskTest, WhatIsForgottenOfManyFilesTheLogStillKnows) {
  ASSERT_TRUE(Send(0, 10));
  for (size_t i = 0; i < LoadDesk::kItemsMax; ++i) ASSERT_TRUE(Send(0, 3, "file " + std::to_string(i)));
  const auto receipt = Send(10, 20);
  EXPECT_EQ(receipt.error().code(), ErrorCode::kConflict);
  EXPECT_EQ(Next(), 0) << "from the beginning of the last batch";
  EXPECT_TRUE(Send(0, 10));
  EXPECT_TRUE(Send(10, 20));
  const auto records = Records();
  EXPECT_EQ(std::count(records.begin(), records.end(), R"({"n":15})"), 1);
}

TEST_F(LoadDeskTest, AStreamThatIsNotThereIsNotFound) {
  EXPECT_EQ(desk_->Open("other", "file").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(desk_->Open("other", "file").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tailrace::engine
