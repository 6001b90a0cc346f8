#include "log/recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "log/batch_scanner.h"
#include "log/file_names.h"
#include "log/inspect.h"
#include "log/testing/log_fixture.h"
#include "log/verify.h"

namespace tailrace::log {
namespace {

using Loss = FaultFileSystem::Loss;

const std::string kDirectory = "/data/log/sales/0";

std::string Segment(int64_t base) { return NumberedPath(kDirectory, base, kSegmentSuffix); }

class Recovering : public LogFixture {
 protected:
  Recovering() {
    options_.segment_bytes = 1 << 20;
    Open();
  }

  void Append(const std::string& value) {
    const auto appended = AppendValues(*log_, kSales, kFirst, {value});
    ASSERT_TRUE(appended) << appended.error().message();
  }
  // Where each batch of a segment begins.
  std::vector<int64_t> Starts(int64_t base = 0) {
    std::vector<int64_t> starts;
    const Inspection inspection = InspectLog(files_, Segment(base), {}).value();
    for (const InspectedBatch& batch : inspection.batches) starts.push_back(batch.byte);
    return starts;
  }
  void FlipBit(const std::string& path, int64_t byte) {
    const std::string bytes = Bytes(path);
    Overwrite(path, byte, std::string(1, static_cast<char>(bytes[static_cast<size_t>(byte)] ^ 1)));
  }
  std::optional<Error> FencedBecause() { return log_->Partitions(kSales)[0].fenced; }
};

TEST_F(Recovering, ATornTailIsCut) {
  Append("first");
  Append("second");
  Crash(Loss::kNothing);
  const auto size = std::ssize(Bytes(Segment(0)));
  // Half a batch, as a write that a power cut tore.
  const std::string whole = Bytes(Segment(0));
  const int64_t end = Starts()[1] + (Starts()[1] - Starts()[0]) + 1;
  std::string torn = whole.substr(static_cast<size_t>(Starts()[1]), 40);
  torn[7] = 2;  // the next base offset
  Overwrite(Segment(0), end, torn);
  EXPECT_EQ(VerifyLog(files_, kDirectory)->torn_tails.size(), 1u);
  Open();
  EXPECT_FALSE(FencedBecause());
  EXPECT_EQ(std::ssize(Bytes(Segment(0))), end);
  EXPECT_LT(end, size);
  Append("third");
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_EQ(Values(), (std::vector<std::string>{"first", "second", "third"}));
}

TEST_F(Recovering, DamageBelowTheSyncedPositionIsRefusedAndNamed) {
  for (const char* value : {"first", "second", "third"}) Append(value);
  Crash(Loss::kNothing);
  const int64_t second = Starts()[1];
  FlipBit(Segment(0), second + 70);
  const std::string before = Bytes(Segment(0));
  Open();
  ASSERT_TRUE(FencedBecause());
  EXPECT_EQ(FencedBecause()->code(), ErrorCode::kCorruption);
  EXPECT_NE(FencedBecause()->message().find(Segment(0) + ": byte " + std::to_string(second)), std::string::npos)
      << FencedBecause()->message();
  EXPECT_EQ(AppendValues(*log_, kSales, kFirst, {"x"}).error().code(), ErrorCode::kCorruption);
  // The rest can be read, and the others go on.
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{0}, 1)->at(0).records.at(0).value, "first");
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{2}, 1)->at(0).records.at(0).value, "third");
  const auto damaged = log_->Read(kSales, kFirst, Offset{1}, 1);
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(damaged.error().message().find("offsets 1 to 1 cannot be read, the next is 2"), std::string::npos)
      << damaged.error().message();
  EXPECT_TRUE(AppendValues(*log_, kSales, kSecond, {"x"}));
  log_.reset();
  EXPECT_EQ(Bytes(Segment(0)), before);
}

TEST_F(Recovering, DamageInTheLastBatchIsNotTakenForATornTail) {
  Append("first");
  Append("second");
  Crash(Loss::kNothing);
  FlipBit(Segment(0), Starts()[1] + 3);  // the base offset, which the checksum does not cover
  Open();
  ASSERT_TRUE(FencedBecause());
  EXPECT_EQ(log_->Partitions(kSales)[0].end, Offset{2});
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{1}, 1).error().code(), ErrorCode::kCorruption);
}

TEST_F(Recovering, ABatchFollowedByAnotherWasSyncedWhateverTheFileOfSyncedPositionsSays) {
  for (const char* value : {"first", "second", "third"}) Append(value);
  Crash(Loss::kNothing);
  ASSERT_TRUE(files_.Remove(kDirectory + "/" + std::string(kSyncedName)));
  FlipBit(Segment(0), Starts()[1] + 70);
  Open();
  EXPECT_TRUE(FencedBecause());
}

TEST_F(Recovering, EveryBitOfAHeaderIsChecked) {
  Append("first");
  Append("second");
  Crash(Loss::kNothing);
  const std::string path = Segment(0);
  for (int64_t byte = Starts()[0]; byte < Starts()[0] + static_cast<int64_t>(kBatchHeaderBytes); ++byte) {
    FlipBit(path, byte);
    const auto report = VerifyLog(files_, path);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->damage.size(), 1u) << "byte " << byte;
    if (!report->damage.empty()) {
      EXPECT_EQ(report->damage[0].byte, 0);
      EXPECT_EQ(report->damage[0].end, 1);
    }
    FlipBit(path, byte);
  }
  EXPECT_TRUE(VerifyLog(files_, path)->sound());
}

TEST_F(Recovering, AFileThatEndsBelowItsSyncedPositionIsDamage) {
  Append("first");
  Append("second");
  Crash(Loss::kNothing);
  const int64_t second = Starts()[1];
  ASSERT_TRUE((*files_.Open(Segment(0), OpenMode::kWrite))->Truncate(second));
  Open();
  ASSERT_TRUE(FencedBecause());
  EXPECT_EQ(Values(),
            (std::vector<std::string>{"error: " + log_->Read(kSales, kFirst, Offset{1}, 1).error().message()}));
  EXPECT_FALSE(VerifyLog(files_, kDirectory)->sound());
}

TEST_F(Recovering, AMissingSegmentIsDamage) {
  options_.segment_bytes = 1;
  CrashAndOpen(Loss::kNothing);
  for (const char* value : {"first", "second", "third"}) Append(value);
  log_.reset();
  ASSERT_TRUE(files_.Remove(Segment(1)));
  EXPECT_FALSE(VerifyLog(files_, kDirectory)->sound());
  Open();
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{1}, 1).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{2}, 1)->at(0).records.at(0).value, "third");
}

TEST_F(Recovering, AValueThatHoldsABatchIsNotTakenForOne) {
  Append("first");
  Append("second");
  log_->Stop();
  // A value with the bytes of a whole batch that would fit right behind a torn one.
  const std::string bytes = Bytes(Segment(0));
  std::string inner = bytes.substr(static_cast<size_t>(Starts()[1]));
  inner[7] = 3;
  Open();
  Append(inner);
  Crash(Loss::kNothing);
  // The batch with it was torn: its first sector did not make it, and the file of synced positions is older.
  const int64_t third = Starts()[2];
  Overwrite(Segment(0), third, std::string(61, '\0'));
  Overwrite(Segment(0), third + 8, std::string(1, 'x'));
  ASSERT_TRUE(files_.Remove(kDirectory + "/" + std::string(kSyncedName)));
  Open();
  EXPECT_FALSE(FencedBecause());
  EXPECT_EQ(Values(), (std::vector<std::string>{"first", "second"}));
}

TEST_F(Recovering, AFailedSyncFencesThePartitionAndTheRestGoesOn) {
  Append("first");
  std::vector<int64_t> below;
  files_.ResetCount();
  // After the write of the batch comes its sync.
  files_.Inject({.at = 1});
  const auto failed = AppendValues(*log_, kSales, kFirst, {"lost"});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable);
  ASSERT_TRUE(FencedBecause());
  const int64_t syncs = files_.syncs(Segment(0));
  EXPECT_EQ(AppendValues(*log_, kSales, kFirst, {"x"}).error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(AppendValues(*log_, kSales, kSecond, {"other"}));
  // The fence is durable, so the order goes on past it.
  EXPECT_EQ(log_->StableBelow(kSales), Seq{4});
  EXPECT_EQ(Values(), std::vector<std::string>{"first"});
  log_->Stop();
  EXPECT_EQ(files_.syncs(Segment(0)), syncs) << "a descriptor whose sync failed was synced again";
}

TEST_F(Recovering, ARestartCutsWhatLiesBehindAFence) {
  Append("first");
  files_.ResetCount();
  files_.Inject({.at = 1});
  EXPECT_FALSE(AppendValues(*log_, kSales, kFirst, {"never acknowledged"}, "key"));
  const auto other = AppendValues(*log_, kSales, kSecond, {"other"});
  ASSERT_TRUE(other);
  // The kernel had the bytes all along: without the fence they would come back, below what readers have passed.
  CrashAndOpen(Loss::kNothing);
  EXPECT_FALSE(FencedBecause());
  EXPECT_EQ(Values(), std::vector<std::string>{"first"});
  const auto again = AppendValues(*log_, kSales, kFirst, {"never acknowledged"}, "key");
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->duplicate);
  EXPECT_GT(again->first_seq, other->first_seq);
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_EQ(Values(), (std::vector<std::string>{"first", "never acknowledged"}));
}

TEST_F(Recovering, TheOrderWaitsUntilTheFenceIsRecorded) {
  CrashAndOpen(Loss::kNothing);
  std::promise<void> moved;
  log_->Subscribe(kSales, [&, told = false]() mutable {
    if (!told && log_->StableBelow(kSales) > Seq{2}) {
      told = true;
      moved.set_value();
    }
  });
  Append("first");
  files_.ResetCount();
  files_.Inject({.at = 1, .for_ever = true});
  EXPECT_FALSE(AppendValues(*log_, kSales, kFirst, {"lost"}));
  EXPECT_EQ(log_->StableBelow(kSales), Seq{2});
  files_.Heal();
  moved.get_future().wait();
  EXPECT_EQ(log_->StableBelow(kSales), Seq{3});
}

TEST_F(Recovering, AFullDiskRefusesAndGoesOnWhenThereIsSpace) {
  options_.zero_step_bytes = 512;
  CrashAndOpen(Loss::kNothing);
  Append("first");
  files_.ResetCount();
  files_.Inject({.at = 0, .for_ever = true, .kind = FaultFileSystem::Kind::kNoSpace});
  const auto failed = AppendValues(*log_, kSales, kFirst, {std::string(8000, 'x')}, "key");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ErrorCode::kExhausted);
  EXPECT_FALSE(FencedBecause());
  EXPECT_EQ(files_.syncs(Segment(0)), 0) << "nothing was written, so there is nothing to sync";
  files_.Heal();
  const auto again = AppendValues(*log_, kSales, kFirst, {"second"}, "key");
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_FALSE(again->duplicate);
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_EQ(Values(), (std::vector<std::string>{"first", "second"}));
}

TEST_F(Recovering, AShortWriteLeavesNothingBehind) {
  Append("first");
  files_.ResetCount();
  files_.Inject({.at = 0, .kind = FaultFileSystem::Kind::kShortWrite});
  EXPECT_EQ(AppendValues(*log_, kSales, kFirst, {std::string(900, 'x')}).error().code(), ErrorCode::kExhausted);
  Append("second");
  CrashAndOpen(Loss::kNothing);
  EXPECT_EQ(Values(), (std::vector<std::string>{"first", "second"}));
  EXPECT_TRUE(VerifyLog(files_, kDirectory)->torn_tails.empty());
}

TEST_F(Recovering, OnlySegmentsAfterTheNewestSnapshotAreRead) {
  options_.segment_bytes = 1024;
  CrashAndOpen(Loss::kNothing);
  const auto operations_of_a_start = [&] {
    log_.reset();
    files_.ResetCount();
    Open();
    return files_.operations();
  };
  const SourcePosition position{"file", "item", 42, ""};
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "old key", &position));
  for (int i = 0; i < 20; ++i) Append(std::string(600, 'x'));
  const int64_t few = operations_of_a_start();
  for (int i = 0; i < 200; ++i) Append(std::string(600, 'x'));
  const int64_t many = operations_of_a_start();
  // One look at the size of each file, and one at each snapshot for its keys; no segment but the last.
  EXPECT_LT(many - few, 200 * 5);
  FlipBit(Segment(0), 70);
  log_.reset();
  Open();
  EXPECT_FALSE(FencedBecause());
  EXPECT_EQ(log_->SourcePositions(kSales, "file", "item")[0]->next, 42);
  EXPECT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "old key")->duplicate);
}

TEST_F(Recovering, AMissingSnapshotIsMadeUpForByReadingMore) {
  options_.segment_bytes = 1024;
  CrashAndOpen(Loss::kNothing);
  const SourcePosition position{"file", "item", 42, ""};
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "old key", &position));
  for (int i = 0; i < 10; ++i) Append(std::string(600, 'x'));
  log_.reset();
  const auto names = files_.List(kDirectory).value();
  for (const std::string& name : names) {
    if (!name.ends_with(kSnapshotSuffix)) continue;
    ASSERT_TRUE(files_.Remove(kDirectory + "/" + name));
  }
  Open();
  EXPECT_FALSE(FencedBecause());
  EXPECT_EQ(log_->SourcePositions(kSales, "file", "item")[0]->next, 42);
  EXPECT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "old key")->duplicate);
}

TEST_F(Recovering, AnOldRecycledSegmentNeverShowsItsFormerRecords) {
  options_.segment_bytes = 2048;
  CrashAndOpen(Loss::kNothing);
  for (int i = 0; i < 12; ++i) Append("old " + std::to_string(i) + std::string(400, 'x'));
  const Positions low_water{log_->Partitions(kSales)[0].end, Offset{0}};
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, low_water));
  const Offset begin = log_->Partitions(kSales)[0].begin;
  EXPECT_GT(begin, Offset{0});
  const auto recycled = [&] {
    const auto names = files_.List(kDirectory).value();
    return std::count_if(names.begin(), names.end(),
                         [](const std::string& name) { return name.ends_with(kRecycledSuffix); });
  };
  ASSERT_EQ(recycled(), 1);
  for (int i = 0; i < 5; ++i) Append("new " + std::to_string(i) + std::string(400, 'y'));
  EXPECT_EQ(recycled(), 0);
  CrashAndOpen(Loss::kNothing);
  const auto records = ReadToEnd(*log_, kSales, kFirst, begin);
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_EQ(records->back().value.substr(0, 5), "new 4");
  EXPECT_EQ(records->back().offset, 16);
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{0}, 1).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tailrace::log
