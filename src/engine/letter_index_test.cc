#include "engine/letter_index.h"

#include <gtest/gtest.h>

#include <array>

#include "engine/append_call.h"
#include "engine/dead_letters.h"
#include "ports/testing/fake_event_log.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kLetters{0};

class LetterIndexTest : public ::testing::Test {
 protected:
  static DeadLetter TableLetter(int64_t offset, const std::string& reason = "cannot convert 'x'") {
    DeadLetter letter;
    letter.stage = Stage::kTable;
    letter.materialization = "sums";
    letter.stream = "sales";
    letter.raw = R"({"n":")" + std::to_string(offset) + "\"}";
    letter.reason = reason;
    letter.partition = PartitionId{0};
    letter.offset = Offset{offset};
    letter.seq = Seq{offset + 1};
    return letter;
  }

  Offset Append(const std::string& value) {
    const std::array records{NewRecord{value, std::nullopt}};
    AppendRequest request;
    request.stream = kLetters;
    request.records = records;
    return AppendAndWait(log_, request)->first;
  }
  Offset Append(const DeadLetter& letter) { return Append(DeadLetterJson(letter, clock_.Now())); }

  Offset Redrive(const DeadLetter& letter, Offset answers) {
    LetterEntry entry;
    entry.kind = LetterKind::kRedrive;
    entry.letter = letter;
    entry.answers = answers;
    return Append(RedriveJson(entry));
  }

  void Refresh(int64_t consumed_below = 0) {
    ASSERT_TRUE(index_.Refresh([&](const PendingRedrive& redrive) { return redrive.at.value < consumed_below; }));
  }

  ManualClock clock_{WallTime{0}};
  FakeEventLog log_{{1}, clock_};
  LetterIndex index_{log_, kLetters};
};

TEST_F(LetterIndexTest, EqualFaultsAreOneGroup) {
  Append(TableLetter(1, "cannot convert 'a'"));
  Append(TableLetter(2, "cannot convert 'bc'"));
  Append(TableLetter(3, "out of range"));
  Refresh();
  const auto groups = index_.Groups();
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].open, 2);
  EXPECT_EQ(groups[0].fault, "cannot convert");
  EXPECT_EQ(groups[1].fault, "out of range");
  EXPECT_EQ(groups[0].first, Offset{0});
  EXPECT_EQ(groups[0].example, Offset{1});
}

TEST_F(LetterIndexTest, AGapThatARepairLeftIsNoLetter) {
  Append(TableLetter(1));
  Append("\"lost: offset 1 was damaged and taken out by log repair\"");
  Append(TableLetter(2));
  Refresh();
  EXPECT_EQ(index_.open(), 2);
}

TEST_F(LetterIndexTest, TheSameSaidAgainCountsOnce) {
  Append(TableLetter(1));
  Append(TableLetter(1));
  Refresh();
  EXPECT_EQ(index_.open(), 1);
}

TEST_F(LetterIndexTest, ARedriveIsPendingUntilConsumedThenClosed) {
  const Offset letter = Append(TableLetter(1));
  const Offset redrive = Redrive(TableLetter(1), letter);
  Refresh();
  EXPECT_EQ(index_.open(), 0);
  EXPECT_EQ(index_.pending(), 1);
  Refresh(redrive.value + 1);
  EXPECT_EQ(index_.pending(), 0);
  EXPECT_TRUE(index_.Groups().empty());
}

TEST_F(LetterIndexTest, WhatFailsAgainIsOpenWithItsNewReason) {
  const Offset letter = Append(TableLetter(1, "out of range"));
  const Offset redrive = Redrive(TableLetter(1), letter);
  DeadLetter again = TableLetter(1, "cannot convert 'y'");
  again.redrive = redrive;
  Refresh();
  Append(again);
  Refresh(redrive.value + 1);
  ASSERT_EQ(index_.Groups().size(), 1U);
  EXPECT_EQ(index_.Groups()[0].fault, "cannot convert");
  EXPECT_EQ(index_.open(), 1);
  EXPECT_EQ(index_.pending(), 0);
}

TEST_F(LetterIndexTest, ASecondAnswerToOneLetterIsNone) {
  const Offset letter = Append(TableLetter(1));
  const Offset redrive = Redrive(TableLetter(1), letter);
  Redrive(TableLetter(1), letter);
  Refresh(redrive.value + 1);
  EXPECT_EQ(index_.pending(), 1);
  Refresh(redrive.value + 1);
  EXPECT_EQ(index_.pending(), 0);
  EXPECT_EQ(index_.open(), 0);
}

TEST_F(LetterIndexTest, AnOldLetterSaidAgainStaysAnswered) {
  const Offset letter = Append(TableLetter(1));
  const Offset redrive = Redrive(TableLetter(1), letter);
  Refresh(redrive.value + 1);
  Refresh(redrive.value + 1);
  ASSERT_EQ(index_.open() + index_.pending(), 0);
  Append(TableLetter(1));
  Refresh(redrive.value + 1);
  EXPECT_EQ(index_.open(), 0);
}

TEST_F(LetterIndexTest, ARebuildSaysNothingNewAboutALetterThatWasAnswered) {
  const Offset letter = Append(TableLetter(1));
  Redrive(TableLetter(1), letter);
  Refresh(100);
  Refresh(100);
  EXPECT_TRUE(index_.Judge(TableLetter(1)).known);
  EXPECT_FALSE(index_.Judge(TableLetter(2)).known);
}

TEST_F(LetterIndexTest, WhatARebuildTookIsSettledUntilItIsRefusedAnew) {
  Append(TableLetter(1));
  Append(SettledJson("sales", DeadLetterName(TableLetter(1)), clock_.Now()));
  Refresh();
  EXPECT_EQ(index_.open(), 0);
  const LetterVerdict verdict = index_.Judge(TableLetter(1));
  EXPECT_FALSE(verdict.known);
  EXPECT_NE(verdict.key, DeadLetterKey(TableLetter(1)));
  Append(TableLetter(1));
  Refresh();
  EXPECT_EQ(index_.open(), 1);
  EXPECT_TRUE(index_.Judge(TableLetter(1)).known);
}

TEST_F(LetterIndexTest, AWriterAddsNoLetterThatTheLogHasForgottenTheKeyOf) {
  Append(TableLetter(1));  // without a key: as if its window had passed
  DeadLetterWriter writer(log_, clock_, [&](std::string_view) { return std::optional(LetterStream(kLetters, &index_)); });
  ASSERT_TRUE(writer.Write({TableLetter(1), TableLetter(2)}, nullptr));
  EXPECT_EQ(log_.Partitions(kLetters).front().end, Offset{2});
}

TEST_F(LetterIndexTest, NamesBeyondTheLimitAreCountedAndNotKept) {
  LetterIndex small(log_, kLetters, {2, 10});
  for (int64_t i = 0; i < 5; ++i) Append(TableLetter(i));
  ASSERT_TRUE(small.Refresh());
  EXPECT_EQ(small.open(), 2);
  EXPECT_EQ(small.untracked(), 3);
}

TEST_F(LetterIndexTest, FaultsBeyondTheLimitAreOne) {
  LetterIndex small(log_, kLetters, {100, 2});
  for (int64_t i = 0; i < 6; ++i) Append(TableLetter(i, std::string(static_cast<size_t>(i + 1), 'f')));
  ASSERT_TRUE(small.Refresh());
  EXPECT_LE(small.Groups().size(), 3U);
  EXPECT_EQ(small.open(), 6);
  EXPECT_EQ(small.Groups().front().fault, "other faults");
}

TEST_F(LetterIndexTest, LettersOfOlderProgramsHaveNamesToo) {
  Append(R"({"stage":"table","stream":"sales","materialization":"sums","reason":"x","time_ms":1,"partition":0,"offset":7,"seq":8,"raw":"{}"})");
  Append(R"({"stage":"schema","stream":"sales","reason":"y","time_ms":1,"raw":"{}"})");
  Append(R"({"stage":"schema","stream":"sales","reason":"y","time_ms":1,"raw":"{}"})");
  Refresh();
  EXPECT_EQ(index_.open(), 3);
  EXPECT_TRUE(index_.Judge(TableLetter(7)).known);
}

TEST_F(LetterIndexTest, DamageIsNamedAndNotPassedOver) {
  Append("not an entry");
  EXPECT_EQ(index_.Refresh().error().code(), ErrorCode::kCorruption);
}

TEST_F(LetterIndexTest, LettersAreShownInOrderByPagesAndByFault) {
  for (int64_t i = 0; i < 7; ++i) Append(TableLetter(i, i % 2 == 0 ? "even" : "odd"));
  DeadLetters letters(log_, {{"sales", kLetters}}, {});
  LetterFilter filter;
  filter.fault = "even";
  filter.limit = 3;
  const auto page = letters.Show("sales", filter);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->letters.size(), 3U);
  EXPECT_EQ(page->letters[1].at, Offset{2});
  EXPECT_EQ(page->letters[1].entry.letter.raw, R"({"n":"2"})");
  ASSERT_TRUE(page->next);
  filter.after = page->next;
  const auto rest = letters.Show("sales", filter);
  ASSERT_TRUE(rest);
  ASSERT_EQ(rest->letters.size(), 1U);
  EXPECT_EQ(rest->letters[0].at, Offset{6});
  EXPECT_FALSE(rest->next);
  filter.fault = "nosuch";
  EXPECT_EQ(letters.Show("sales", filter).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(letters.Show("nosuch", {}).error().code(), ErrorCode::kNotFound);
}

TEST_F(LetterIndexTest, AnEntryIsReadAsItWasWritten) {
  DeadLetter letter;
  letter.stage = Stage::kSchema;
  letter.stream = "sales";
  letter.raw = "b,\xE9";
  letter.record = R"({"id":"b"})";
  letter.pointer = "/price";
  letter.reason = "expected int, found nothing";
  letter.schema = "0123";
  letter.request = "r1";
  letter.place = 4;
  letter.line = 5;
  letter.redrive = Offset{3};
  Append(letter);
  const auto batches = log_.Read(kLetters, PartitionId{0}, Offset{0}, 1);
  const auto entry = ParseLetterEntry(batches->front().records.front().value, Offset{0});
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->letter.raw, letter.raw);
  EXPECT_EQ(entry->letter.record, letter.record);
  EXPECT_EQ(entry->letter.pointer, letter.pointer);
  EXPECT_EQ(entry->letter.request, letter.request);
  EXPECT_EQ(entry->letter.place, 4);
  EXPECT_EQ(entry->letter.line, 5);
  EXPECT_EQ(entry->letter.redrive, Offset{3});
  EXPECT_EQ(entry->letter.name, "request/sales/r1/4");
  EXPECT_EQ(entry->fault, "price: expected int, found nothing");
}

}  // namespace
}  // namespace tailrace::engine
