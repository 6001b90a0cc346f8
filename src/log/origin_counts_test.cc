// Counts by origin through the life of a partition: segments that go, an older version's snapshots, repairs.
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "log/checked_file.h"
#include "log/repair.h"
#include "log/snapshot.h"
#include "log/testing/log_fixture.h"

namespace tailrace::log {
namespace {

using Loss = FaultFileSystem::Loss;
using Counts = std::vector<OriginCount>;

constexpr const char* kPartition = "/data/log/sales/0";

class OriginCounts : public LogFixture {
 protected:
  void SetUp() override {
    options_.segment_bytes = 1;  // a batch a segment
    Open();
  }

  void Append(std::string_view name, const std::vector<std::string>& values) {
    const Origin origin{OriginKind::kDoor, PlaceUnit::kRecord, name, {}, {}, {}, {}};
    const std::vector<NewRecord> records = RecordsOf(values);
    AppendRequest request{kSales, kFirst, records};
    request.origin = &origin;
    ASSERT_TRUE(AppendAndWait(*log_, request));
  }

  PartitionStatus Status() { return log_->Partitions(kSales)[0]; }
};

TEST_F(OriginCounts, WhatRetentionTakesStaysCounted) {
  Append("a", {"1", "2"});
  Append("b", {"3"});
  Append("a", {"4"});
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, {Offset{3}, Offset{0}}));
  for (const bool restarted : {false, true}) {
    if (restarted) CrashAndOpen(Loss::kUnsynced);
    ASSERT_EQ(Status().begin, Offset{3});
    EXPECT_EQ(Status().origins, (Counts{{"a", 3}, {"b", 1}}));
    EXPECT_EQ(Status().origins_gone, (Counts{{"a", 2}, {"b", 1}}));
  }
}

TEST_F(OriginCounts, WithoutItsSnapshotItIsSaidThatNobodyKnows) {
  Append("a", {"1", "2"});
  Append("b", {"3"});
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, {Offset{2}, Offset{0}}));
  Append("c", {"4"});
  Crash(Loss::kUnsynced);
  const std::string first = std::string(kPartition) + "/00000000000000000002.snapshot";
  ASSERT_TRUE(files_.Remove(first));
  Open();
  EXPECT_EQ(Status().begin, Offset{2});
  EXPECT_EQ(Status().origins, (Counts{{"a", 2}, {"b", 1}, {"c", 1}}));
  EXPECT_EQ(Status().origins_gone, std::nullopt);
}

TEST_F(OriginCounts, AllBeforeASnapshotOfAnOlderVersionIsUnknown) {
  std::string payload;
  for (const uint64_t number : {uint64_t{7}, uint64_t{9}, uint64_t{1000}}) AppendBig64(&payload, number);
  AppendText(&payload, SourcePositions().Encode());
  AppendBig32(&payload, 0);
  ASSERT_TRUE(WriteCheckedFile(files_, "/data/00000000000000000007.snapshot", "TRSNAP01", payload));
  const auto read = ReadSnapshot(files_, "/data", 7);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->next_seq, 9);
  EXPECT_EQ(read->origins, (Counts{{"", 7}}));
}

TEST_F(OriginCounts, RecordsThatARepairTookOutAreCountedAsLost) {
  options_.segment_bytes = 1 << 20;
  Open();
  Append("a", {"one", "two"});
  Append("b", {"three"});
  Append("a", {"four"});
  Crash(Loss::kNothing);
  const std::string segment = std::string(kPartition) + "/00000000000000000000.log";
  const size_t at = Bytes(segment).find("three");
  ASSERT_NE(at, std::string::npos);
  Overwrite(segment, static_cast<int64_t>(at), "THREE");
  ASSERT_TRUE(RepairLog(files_, {"/data/log"}, /*dry_run=*/false));
  Open();
  EXPECT_EQ(Status().origins, (Counts{{"a", 3}, {std::string(kLostOrigin), 1}}));
}

}  // namespace
}  // namespace tailrace::log
