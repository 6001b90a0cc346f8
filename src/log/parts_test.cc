// The small parts of the log, each by itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>

#include "base/fault_file_system.h"
#include "base/random.h"
#include "log/checked_file.h"
#include "log/file_names.h"
#include "log/idempotency.h"
#include "log/options.h"
#include "log/segment_index.h"
#include "log/sequencer.h"
#include "log/source_positions.h"
#include "log/synced_file.h"

namespace tailrace::log {
namespace {

TEST(FileNames, SortAsNumbersDo) {
  EXPECT_EQ(NumberedPath("d", 42, kSegmentSuffix), "d/00000000000000000042.log");
  EXPECT_EQ(NumberOf("00000000000000000042.log", kSegmentSuffix), 42);
  EXPECT_EQ(NumberOf("00000000000000000042.index", kSegmentSuffix), std::nullopt);
  EXPECT_EQ(NumberOf("0000000000000000004x.log", kSegmentSuffix), std::nullopt);
  EXPECT_EQ(NumberOf("99999999999999999999.log", kSegmentSuffix), std::nullopt);
}

TEST(SegmentIndex, LeadsToTheBatchOrBeforeIt) {
  SegmentIndex index(1000);
  for (int64_t i = 0; i < 100; ++i) index.Note(1000 + 10 * i + 9, 3000 * i, 3000, 5000 + i / 3);
  const auto again = SegmentIndex::Decode(1000, index.EncodeOffsets(), index.EncodeTimes());
  ASSERT_TRUE(again);
  const std::array<const SegmentIndex*, 2> both{&index, &*again};
  for (const SegmentIndex* each : both) {
    for (int64_t offset = 1000; offset < 2000; ++offset) {
      const int64_t batch = (offset - 1000) / 10;
      const int64_t position = each->PositionOfOffset(offset);
      EXPECT_LE(position, 3000 * batch);
      EXPECT_GE(position, 3000 * batch - 3 * SegmentIndex::kIntervalBytes);
    }
    for (int64_t time = 4999; time < 5040; ++time) {
      const int64_t first = std::max<int64_t>(0, 3 * (time - 5000));
      EXPECT_LE(each->PositionOfTime(time), 3000 * first);
    }
    EXPECT_EQ(each->newest_ms(), 5033);
  }
}

TEST(SegmentIndex, BytesThatAreNoIndexAreRefused) {
  SegmentIndex index(0);
  for (int64_t i = 0; i < 10; ++i) index.Note(i, 5000 * i, 5000, i + 1);
  const std::string offsets = index.EncodeOffsets();
  const std::string times = index.EncodeTimes();
  EXPECT_FALSE(SegmentIndex::Decode(0, offsets.substr(1), times));
  EXPECT_FALSE(SegmentIndex::Decode(0, offsets, times.substr(1)));
  EXPECT_FALSE(SegmentIndex::Decode(0, offsets + offsets, times));
  EXPECT_FALSE(SegmentIndex::Decode(0, offsets, times + times));
  EXPECT_FALSE(SegmentIndex::Decode(0, offsets, ""));
}

TEST(Idempotency, HashesAsPublished) {
  // MurmurHash3_x64_128 of the reference implementation, seed 0.
  EXPECT_EQ(HashKey(""), (KeyHash{0, 0}));
  EXPECT_EQ(HashKey("hello"), (KeyHash{0xcbd8a7b341bd9b02, 0x5b1e906a48ae1d19}));
  EXPECT_EQ(HashKey("The quick brown fox jumps over the lazy dog"), (KeyHash{0xe34bbc7bbc071b6c, 0x7a433ca9c49a9347}));
}

TEST(Idempotency, AFailedRequestFreesItsKey) {
  IdempotencyWindow window(10, std::chrono::hours(1));
  const KeyHash hash = HashKey("key");
  window.Begin(hash, 5);
  EXPECT_FALSE(window.Find(hash, 0)->synced);
  window.Forget(hash);
  EXPECT_FALSE(window.Find(hash, 0));
}

KeyRecord RecordOf(uint64_t key, int64_t first, int64_t timestamp_ms) {
  // Few distinct low halves, so that keys meet in the table.
  return {{key, key % 97}, key * 7, Offset{first}, Seq{first}, 1, timestamp_ms};
}

// Held against a list that is searched from its end.
TEST(Idempotency, TheWindowIsWhatAListWouldBe) {
  constexpr int64_t kKeysMax = 300;
  constexpr int64_t kAgeMaxMs = 5000;
  IdempotencyWindow window(kKeysMax, std::chrono::milliseconds(kAgeMaxMs));
  std::deque<KeyRecord> list;
  SeededRandom random(7);
  int64_t now_ms = 10'000;
  for (int64_t i = 0; i < 20'000; ++i) {
    now_ms += static_cast<int64_t>(random.Next() % (i % 1000 < 500 ? 3 : 40));
    const uint64_t key = random.Next() % 900;
    const KeyHash hash = RecordOf(key, 0, 0).hash;
    const auto same = [&](const KeyRecord& record) { return record.hash == hash; };
    const auto known = std::find_if(list.rbegin(), list.rend(), same);
    const bool expected = known != list.rend() && known->timestamp_ms >= now_ms - kAgeMaxMs;
    const auto found = window.Find(hash, now_ms);
    ASSERT_EQ(found.has_value(), expected) << i;
    if (found) {
      ASSERT_EQ(found->record.first, known->first) << i;
      ASSERT_TRUE(found->synced);
      continue;
    }
    window.Begin(hash, key * 7);
    ASSERT_FALSE(window.Find(hash, now_ms)->synced);
    window.Confirm(RecordOf(key, i, now_ms));
    list.push_back(RecordOf(key, i, now_ms));
    if (std::ssize(list) > kKeysMax) list.pop_front();
  }
  const auto newest = window.Newest(10);
  ASSERT_EQ(newest.size(), 10U);
  for (size_t i = 0; i < newest.size(); ++i) EXPECT_EQ(newest[i].first, list[list.size() - 10 + i].first);
  EXPECT_LE(window.size(), static_cast<size_t>(kKeysMax));
}

TEST(Idempotency, ManyPartitionsShareWhatAllMayRemember) {
  LogOptions options;
  EXPECT_EQ(IdempotencyKeysOf(options, 1), 1'000'000);
  EXPECT_EQ(IdempotencyKeysOf(options, 4), 1'000'000);
  EXPECT_EQ(IdempotencyKeysOf(options, 16), 250'000);
  EXPECT_EQ(IdempotencyKeysOf(options, 100'000'000), 1);
}

TEST(Sequencer, StableBelowIsTheLowestNumberOnItsWay) {
  Sequencer sequencer;
  const auto a = sequencer.AddPartition(0);
  const auto b = sequencer.AddPartition(0);
  const auto other = sequencer.AddPartition(1);
  sequencer.StartAt(100, 0);
  EXPECT_EQ(sequencer.StableBelow(0), Seq{100});
  EXPECT_EQ(sequencer.Take(a, 10, 5).first, Seq{100});
  EXPECT_EQ(sequencer.Take(b, 1, 6).first, Seq{110});
  EXPECT_EQ(sequencer.StableBelow(0), Seq{100});
  EXPECT_EQ(sequencer.StableBelow(1), Seq{111});
  sequencer.Done(b);
  EXPECT_EQ(sequencer.StableBelow(0), Seq{100}) << "b is synced, but a's lower numbers are not";
  EXPECT_EQ(sequencer.Take(other, 5, 1).first, Seq{111});
  EXPECT_EQ(sequencer.Take(b, 1, 3).timestamp_ms, 6) << "time stands still rather than going back";
  sequencer.Done(a);
  EXPECT_EQ(sequencer.StableBelow(0), Seq{116});
  sequencer.Done(b);
  EXPECT_EQ(sequencer.StableBelow(0), Seq{117});
  EXPECT_EQ(sequencer.StableBelow(1), Seq{111});
}

TEST(SourcePositions, TheLaterOfRecordAndMarkCounts) {
  SourcePositions positions;
  positions.Put({{"s", "i", 10, ""}, 5});
  SourcePositions marks;
  marks.Put({{"s", "i", 20, ""}, 6});
  positions.Merge(marks);
  EXPECT_EQ(positions.Find("s", "i")->next, 20);
  // A record that was appended where the mark was made is newer.
  positions.Put({{"s", "i", 30, ""}, 6});
  positions.Merge(marks);
  EXPECT_EQ(positions.Find("s", "i")->next, 30);
  const auto again = SourcePositions::Decode(positions.Encode());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->Find("s", "i")->next, 30);
  EXPECT_FALSE(SourcePositions::Decode(positions.Encode() + "x"));
  EXPECT_FALSE(again->Find("s", "j"));
}

class SmallFiles : public testing::Test {
 protected:
  SmallFiles() { EXPECT_TRUE(MakeDirectories(files_, "/d")); }
  FaultFileSystem files_;
};

TEST_F(SmallFiles, ACheckedFileNoticesEveryChange) {
  ASSERT_TRUE(WriteCheckedFile(files_, "/d/f", "MAGICABC", "payload"));
  EXPECT_EQ(ReadCheckedFile(files_, "/d/f", "MAGICABC").value(), "payload");
  EXPECT_EQ(ReadCheckedFile(files_, "/d/f", "MAGICXYZ").error().code(), ErrorCode::kCorruption);
  const std::string bytes = ReadFile(files_, "/d/f", 1000).value();
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    ASSERT_TRUE(ReplaceFile(files_, "/d/f", changed));
    EXPECT_EQ(ReadCheckedFile(files_, "/d/f", "MAGICABC").error().code(), ErrorCode::kCorruption) << i;
    ASSERT_TRUE(ReplaceFile(files_, "/d/f", bytes.substr(0, i)));
    EXPECT_EQ(ReadCheckedFile(files_, "/d/f", "MAGICABC").error().code(), ErrorCode::kCorruption) << i;
  }
}

TEST_F(SmallFiles, ATornSyncedPositionLeavesTheOneBefore) {
  auto synced = SyncedFile::Open(files_, "/d").value();
  EXPECT_FALSE(SyncedFile::Read(files_, "/d").value());
  ASSERT_TRUE(synced->Record({0, 100, 5}));
  ASSERT_TRUE(synced->Record({0, 200, 9}));
  EXPECT_EQ(SyncedFile::Read(files_, "/d")->value().bytes, 200);
  auto file = files_.Open("/d/synced", OpenMode::kWrite).value();
  ASSERT_TRUE(file->WriteAt(512 + 10, "torn"));
  EXPECT_EQ(SyncedFile::Read(files_, "/d")->value().bytes, 100);
}

}  // namespace
}  // namespace tailrace::log
