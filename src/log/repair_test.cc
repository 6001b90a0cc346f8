// Damage of every kind is put into a small log, bit by bit; after a repair everything that is not named as lost is
// there, and records are taken again.
#include "log/repair.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "log/file_names.h"
#include "log/gap.h"
#include "log/inspect.h"
#include "log/testing/log_fixture.h"
#include "log/verify.h"

namespace tailrace::log {
namespace {

using Kind = FaultFileSystem::Kind;
using Loss = FaultFileSystem::Loss;

constexpr const char* kPartition = "/data/log/sales/0";
const std::vector<std::string> kRoots = {"/data/log", "/data/dlq"};

// Files by path.
using Picture = std::map<std::string, std::string>;

class Repairs : public LogFixture {
 protected:
  void SetUp() override { options_.segment_bytes = 1500; }

  // Three segments and a half, keys, positions, a mark; stopped as by a kill, so that zeros follow the last batch.
  void Fill() {
    Open();
    for (int i = 0; i < 18; ++i) {
      clock_.Advance(std::chrono::milliseconds(7));
      const SourcePosition position{"file", "item", i, "detail"};
      const std::string value = std::to_string(i) + std::string(static_cast<size_t>(60 + 9 * (i % 5)), 'x');
      const auto appended = AppendValues(*log_, kSales, kFirst, {value, value + "'"}, "key " + std::to_string(i),
                                         i % 3 == 0 ? &position : nullptr);
      ASSERT_TRUE(appended) << appended.error().message();
      first_[i] = *appended;
    }
    const SourcePosition mark{"file", "item", 99, "mark"};
    ASSERT_TRUE(AppendAndWait(*log_, {kSales, kFirst, {}, {}, &mark}));
    const auto records = ReadToEnd(*log_, kSales, kFirst);
    ASSERT_TRUE(records);
    for (const ReadRecord& record : *records) was_[record.offset] = record.value;
    Crash(Loss::kNothing);
    Keep();
  }

  void Keep() {
    for (const std::string& directory : {std::string("/data/log/sales"), std::string(kPartition)}) {
      const auto names = files_.List(directory).value();
      for (const std::string& name : names) {
        const std::string path = directory + "/" + name;
        if (!files_.Stat(path)->directory) picture_[path] = Bytes(path);
      }
    }
  }

  // The files as they were kept, and no others.
  void PutBack() {
    log_.reset();
    for (const std::string& directory : {std::string("/data/log/sales"), std::string(kPartition)}) {
      const auto names = files_.List(directory).value();
      for (const std::string& name : names) {
        const std::string path = directory + "/" + name;
        if (files_.Stat(path)->directory || picture_.contains(path)) continue;
        ASSERT_TRUE(files_.Remove(path));
      }
    }
    for (const auto& [path, bytes] : picture_) ASSERT_TRUE(ReplaceFile(files_, path, bytes));
  }

  RepairReport Repair() {
    const auto report = RepairLog(files_, kRoots, /*dry_run=*/false);
    EXPECT_TRUE(report) << report.error().message();
    return report ? *report : RepairReport();
  }

  // Whatever can be read is what was written there; what cannot be is named in `lost`.
  void ExpectRestIsThere(const std::set<int64_t>& lost) {
    const auto records = ReadToEnd(*log_, kSales, kFirst, log_->Partitions(kSales)[0].begin);
    ASSERT_TRUE(records) << records.error().message();
    std::map<int64_t, std::string> now;
    int64_t seq = 0;
    for (const ReadRecord& record : *records) {
      now[record.offset] = record.value;
      EXPECT_GT(record.seq, seq) << record.offset;
      seq = record.seq;
    }
    for (const auto& [offset, value] : was_) {
      if (lost.contains(offset)) {
        EXPECT_TRUE(!now.contains(offset) || now[offset].starts_with("\"lost: offset")) << now[offset];
      } else {
        EXPECT_EQ(now[offset], value) << offset;
      }
    }
  }

  static std::set<int64_t> Lost(const RepairReport& report) {
    std::set<int64_t> lost;
    for (const RepairedLoss& loss : report.losses) {
      for (int64_t offset = loss.lost.first; offset < loss.lost.end; ++offset) lost.insert(offset);
    }
    return lost;
  }

  // After a repair: open, whole, takes records, sound; nothing is left to repair.
  void ExpectRepaired(const RepairReport& report) {
    const Status opened = TryOpen();
    ASSERT_TRUE(opened) << opened.error().message();
    const PartitionStatus status = log_->Partitions(kSales)[0];
    ASSERT_FALSE(status.fenced) << status.fenced->message() << "\n" << RenderRepair(report, false);
    EXPECT_EQ(status.end, Offset{std::ssize(was_)});
    ExpectRestIsThere(Lost(report));
    const auto appended = AppendValues(*log_, kSales, kFirst, {"after"});
    ASSERT_TRUE(appended) << appended.error().message();
    EXPECT_EQ(appended->first, Offset{std::ssize(was_)});
    log_->Stop();
    const auto verified = VerifyLog(files_, "/data/log");
    ASSERT_TRUE(verified);
    EXPECT_TRUE(verified->sound()) << RenderReport(*verified);
    const auto again = RepairLog(files_, kRoots, /*dry_run=*/true);
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->sound()) << RenderRepair(*again, true);
  }

  // Flips a bit of every byte of the file in turn.
  void FlipEverywhere(const std::string& path, const std::function<void(size_t byte)>& check) {
    const size_t size = picture_.at(path).size();
    for (size_t byte = 0; byte < size; ++byte) {
      SCOPED_TRACE(path + ": byte " + std::to_string(byte));
      PutBack();
      std::string bytes = picture_.at(path);
      bytes[byte] = static_cast<char>(bytes[byte] ^ (1 << (byte % 8)));
      ASSERT_TRUE(ReplaceFile(files_, path, bytes));
      check(byte);
      if (HasFailure()) return;
    }
  }

  std::string Segment(size_t index) {
    std::vector<std::string> segments;
    for (const auto& [path, bytes] : picture_) {
      if (path.ends_with(kSegmentSuffix)) segments.push_back(path);
    }
    return segments.at(index);
  }
  size_t Segments() {
    return static_cast<size_t>(std::count_if(picture_.begin(), picture_.end(),
                                             [](const auto& file) { return file.first.ends_with(kSegmentSuffix); }));
  }

  std::map<int, Appended> first_;
  std::map<int64_t, std::string> was_;
  Picture picture_;
};

TEST_F(Repairs, ASoundLogIsLeftAlone) {
  Fill();
  ASSERT_GE(Segments(), 4u);
  EXPECT_EQ(RenderRepair(Repair(), false), "nothing to repair\n");
  for (const auto& [path, bytes] : picture_) EXPECT_EQ(Bytes(path), bytes) << path;
  ExpectRepaired({});
}

TEST_F(Repairs, AFlippedBitAnywhereInASealedSegmentCostsAtMostItsBatch) {
  Fill();
  FlipEverywhere(Segment(1), [&](size_t) {
    ASSERT_TRUE(TryOpen());  // not fenced: sealed segments are not read at a start
    log_.reset();
    const RepairReport report = Repair();
    EXPECT_FALSE(report.sound());
    EXPECT_LE(report.lost_records(), 2);
    ExpectRepaired(report);
  });
}

TEST_F(Repairs, AFlippedBitInTheActiveSegmentCostsAtMostItsBatch) {
  Fill();
  const std::string path = Segment(Segments() - 1);
  const size_t used = picture_.at(path).find_last_not_of('\0') + 1;
  FlipEverywhere(path, [&](size_t byte) {
    if (byte > used + 600) return;  // the zeros behind are all alike
    ASSERT_TRUE(TryOpen());
    const bool refused = log_->Partitions(kSales)[0].fenced.has_value();
    EXPECT_EQ(refused, byte < used);
    if (refused) {
      EXPECT_NE(log_->Partitions(kSales)[0].fenced->message().find("log repair"), std::string::npos);
    }
    log_.reset();
    if (!refused) PutBack();
    const RepairReport report = Repair();
    EXPECT_EQ(report.sound(), !refused);
    EXPECT_LE(report.lost_records(), 2);
    ExpectRepaired(report);
  });
}

TEST_F(Repairs, NoRecordIsLostWithAnIndexASnapshotOrASmallFile) {
  Fill();
  for (const auto& [path, bytes] : Picture(picture_)) {
    if (path.ends_with(kSegmentSuffix)) continue;
    FlipEverywhere(path, [&](size_t) {
      const RepairReport report = Repair();
      // Of the synced positions there are two, each with its own checksum, and gaps between them.
      EXPECT_TRUE(!report.sound() || path.ends_with(kSyncedName));
      EXPECT_EQ(report.lost_records(), 0);
      ExpectRepaired(report);
    });
    if (HasFailure()) return;
  }
}

TEST_F(Repairs, WhatSnapshotsSaidComesBackFromTheSegments) {
  Fill();
  for (const auto& [path, bytes] : picture_) {
    if (path.ends_with(kSnapshotSuffix)) Overwrite(path, 20, "damage");
  }
  const RepairReport report = Repair();
  EXPECT_TRUE(report.forgotten.empty());
  Open();
  EXPECT_EQ(log_->SourcePositions(kSales, "file", "item")[0]->next, 99);
  for (const auto& [i, appended] : first_) {
    const auto again = AppendValues(*log_, kSales, kFirst, {"again"}, "key " + std::to_string(i));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->duplicate) << i;
    EXPECT_EQ(again->first, appended.first);
    EXPECT_EQ(again->first_seq, appended.first_seq);
  }
}

TEST_F(Repairs, SeveralFaultsAtOnceAreEachNamed) {
  Fill();
  Overwrite(Segment(0), 100, "damage");
  Overwrite(Segment(2), 70, std::string(300, '!'));
  Overwrite(Segment(Segments() - 1), 62, "damage");
  ASSERT_TRUE(files_.Remove(Segment(1)));
  const int64_t second = *NumberOf(Segment(1).substr(Segment(1).find_last_of('/') + 1), kSegmentSuffix);
  const int64_t third = *NumberOf(Segment(2).substr(Segment(2).find_last_of('/') + 1), kSegmentSuffix);
  const RepairReport report = Repair();
  const std::set<int64_t> lost = Lost(report);
  EXPECT_TRUE(lost.contains(0));
  for (int64_t offset = second; offset < third; ++offset) EXPECT_TRUE(lost.contains(offset)) << offset;
  EXPECT_LT(std::ssize(lost), std::ssize(was_));
  ExpectRepaired(report);
}

TEST_F(Repairs, TheDamagedBytesAreKeptAndTheLossIsNamed) {
  Fill();
  const std::string path = Segment(0);
  Overwrite(path, 70, "damage");
  const std::string damaged = Bytes(path);
  const auto batch = InspectLog(files_, path, {})->batches.at(1);
  const RepairReport report = Repair();
  const std::string quarantine = std::string(kPartition) + "/00000000000000000000-00000000000000000001.quarantine";
  EXPECT_EQ(RenderRepair(report, false),
            "lost: " + path + ": byte 0: the checksum does not hold; offsets 0 to 1; what was there is in " +
                quarantine + "\n2 records are lost, each named above; a dead letter of the stream stands for each\n");
  EXPECT_EQ(Bytes(quarantine), damaged.substr(0, static_cast<size_t>(batch.byte)));
  Open();
  const auto read = log_->Read(kSales, kFirst, Offset{0}, 1);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->at(0).records.size(), 2U);
  EXPECT_EQ(read->at(0).records.at(1).offset, Offset{1});
  EXPECT_EQ(read->at(0).records.at(1).value,
            "\"lost: offset 1 was damaged and taken out by log repair; what was there is in "
            "00000000000000000000-00000000000000000001.quarantine\"");
  log_->Stop();
  const std::string verified = RenderReport(*VerifyLog(files_, path));
  EXPECT_NE(verified.find("lost: " + path + ": offsets 0 to 1, taken out by an earlier repair"), std::string::npos)
      << verified;
}

TEST_F(Repairs, WhatIsKeptAsideEndsWhereTheBatchEnds) {
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a", "b"}));  // its last byte is a zero: no headers
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"c"}));
  Crash(Loss::kNothing);
  const std::string path = std::string(kPartition) + "/00000000000000000000.log";
  const int64_t second = InspectLog(files_, path, {})->batches.at(1).byte;
  Overwrite(path, 70, "damage");
  const RepairReport report = Repair();
  ASSERT_EQ(report.losses.size(), 1U);
  EXPECT_EQ(std::ssize(Bytes(report.losses[0].quarantine)), second);
}

TEST_F(Repairs, RecordsThatAreNotWhatTheirHeaderSaysAreDamageUnderAnyChecksum) {
  Fill();
  const std::string path = Segment(0);
  const int64_t size = InspectLog(files_, path, {})->batches.at(0).header.total_bytes();
  std::string batch = Bytes(path).substr(0, static_cast<size_t>(size));
  batch[kBatchHeaderBytes] = static_cast<char>(batch[kBatchHeaderBytes] + 2);  // the first record's length
  SealBatchCrc(batch.data(), batch.size());
  Overwrite(path, 0, batch);
  const RepairReport report = Repair();
  EXPECT_EQ(Lost(report), (std::set<int64_t>{0, 1}));
  ExpectRepaired(report);
}

TEST_F(Repairs, ALargeGapIsManyRecordsInLittleSpace) {
  const auto bytes = EncodeGap({{5, 25'005}, 90'000, 7, "file"});
  ASSERT_TRUE(bytes);
  EXPECT_LT(bytes->size(), 300'000U);
  ASSERT_TRUE(MakeDirectories(files_, "/gap"));
  const std::string path = "/gap/00000000000000000005.log";
  ASSERT_TRUE(ReplaceFile(files_, path, *bytes));
  const auto seen = InspectLog(files_, path, {.records = true});
  ASSERT_TRUE(seen);
  int64_t offset = 5;
  for (const InspectedBatch& batch : seen->batches) {
    for (const InspectedRecord& record : batch.records) {
      EXPECT_EQ(record.offset, offset);
      EXPECT_EQ(record.seq, 90'000 - 25'004 + offset);
      ++offset;
    }
  }
  EXPECT_EQ(offset, 25'005);
  EXPECT_EQ(EncodeGap({{0, kLostRecordsMax + 1}, 1, 7, ""}).error().code(), ErrorCode::kCorruption);
}

TEST_F(Repairs, ADryRunChangesNothing) {
  Fill();
  Overwrite(Segment(0), 70, "damage");
  Overwrite(std::string(kPartition) + "/marks", 20, "damage");
  picture_.clear();
  Keep();
  const auto report = RepairLog(files_, kRoots, /*dry_run=*/true);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->lost_records(), 2);
  EXPECT_NE(RenderRepair(*report, true).find("2 records would be lost"), std::string::npos);
  for (const auto& [path, bytes] : picture_) EXPECT_EQ(Bytes(path), bytes) << path;
  EXPECT_FALSE(files_.Stat(std::string(kPartition) + "/00000000000000000000-00000000000000000001.quarantine"));
}

TEST_F(Repairs, NumbersOfRecordsLostAtTheEndAreNotGivenAgain) {
  Fill();
  const int64_t last_seq = first_.at(17).first_seq.value + 1;
  Overwrite(Segment(Segments() - 1), 62, std::string(100, '!'));
  const std::string last = Segment(Segments() - 1);
  Overwrite(last, 0, std::string(picture_.at(last).size(), '\0'));
  const RepairReport report = Repair();
  ASSERT_GE(report.lost_records(), 1);
  Open();
  const auto appended = AppendValues(*log_, kSales, kFirst, {"after"});
  ASSERT_TRUE(appended);
  EXPECT_GT(appended->first_seq.value, last_seq);
}

TEST_F(Repairs, ARepairCutShortAnywhereIsRepeated) {
  Fill();
  const auto damage = [&] {
    PutBack();
    Overwrite(Segment(0), 70, "damage");
    Overwrite(Segment(1), 0, "damage");
    Overwrite(Segment(Segments() - 1), 62, "damage");
    Overwrite(std::string(kPartition) + "/marks", 20, "damage");
    for (const auto& [path, bytes] : picture_) {
      if (path.ends_with(kSnapshotSuffix)) Overwrite(path, 20, "damage");
    }
    files_.ResetCount();
  };
  damage();
  const RepairReport whole = Repair();
  const int64_t operations = files_.operations();
  ASSERT_GT(operations, 50);
  for (const Loss loss : {Loss::kNothing, Loss::kUnsynced, Loss::kTear}) {
    for (int64_t at = 0; at < operations; ++at) {
      SCOPED_TRACE("operation " + std::to_string(at));
      damage();
      files_.Inject({.at = at, .for_ever = true, .kind = Kind::kStop});
      EXPECT_FALSE(RepairLog(files_, kRoots, false));
      files_.PowerCut(loss, random_);
      Repair();
      ExpectRepaired(whole);
      if (HasFailure()) return;
    }
  }
}

TEST_F(Repairs, AFullDiskLeavesEverythingToBeRepeated) {
  Fill();
  Overwrite(Segment(0), 70, "damage");
  files_.ResetCount();
  files_.Inject({.at = 0, .for_ever = true, .kind = Kind::kNoSpace});
  const auto report = RepairLog(files_, kRoots, false);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::kExhausted);
  files_.Heal();
  ExpectRepaired(Repair());
}

TEST_F(Repairs, AFenceIsKeptToAndADamagedOneSetAside) {
  for (const bool fence_damaged : {false, true}) {
    SCOPED_TRACE(fence_damaged);
    files_.ResetCount();
    if (was_.empty()) {
      Fill();
    } else {
      PutBack();
    }
    Open();
    ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"last"}));
    was_[36] = "last";
    int64_t at = files_.operations();
    while (true) {  // fails the sync, or the write, of the next batch
      files_.Inject({.at = at, .for_ever = false, .kind = Kind::kFail});
      if (!AppendValues(*log_, kSales, kFirst, {"never"})) break;
      was_[std::ssize(was_)] = "never";
      at = files_.operations();
    }
    ASSERT_TRUE(log_->Partitions(kSales)[0].fenced);
    Crash(Loss::kNothing);
    const std::string fence = std::string(kPartition) + "/fence";
    ASSERT_TRUE(files_.Stat(fence));
    if (fence_damaged) {
      Overwrite(fence, 20, "damage");
    } else {
      Overwrite(Segment(0), 70, "damage");
    }
    const RepairReport report = Repair();
    EXPECT_EQ(report.lost_records(), fence_damaged ? 0 : 2);
    EXPECT_EQ(report.forgotten.size(), fence_damaged ? 1u : 0u);
    EXPECT_FALSE(files_.Stat(fence));
    ExpectRepaired(report);
    was_.erase(was_.find(36), was_.end());
  }
}

}  // namespace
}  // namespace tailrace::log
