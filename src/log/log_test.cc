#include "log/log.h"

#include <gtest/gtest.h>

#include "log/file_names.h"
#include "log/inspect.h"
#include "log/testing/log_fixture.h"
#include "log/verify.h"

namespace tailrace::log {
namespace {

using Loss = FaultFileSystem::Loss;

class Logs : public LogFixture {
 protected:
  std::vector<std::string> Names(const std::string& directory, std::string_view suffix) {
    std::vector<std::string> found;
    const std::vector<std::string> names = files_.List(directory).value();
    for (const std::string& name : names) {
      if (name.ends_with(suffix)) found.push_back(name);
    }
    return found;
  }
};

TEST_F(Logs, PartitionsOfAStreamWithRecordsStayAsMany) {
  Open();
  log_.reset();
  streams_[0].partitions = 3;  // no records yet
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, PartitionId{2}, {"a"}));
  log_.reset();
  streams_[0].partitions = 2;
  const Status refused = TryOpen();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().message(), "stream sales has records in 3 partitions; their number cannot become 2");
  streams_[0].partitions = 3;
  Open();
}

TEST_F(Logs, AStreamWithoutRecordsTakesNoSpace) {
  Open();
  EXPECT_EQ(files_.List("/data/log/sales/0").value(), std::vector<std::string>{});
}

TEST_F(Logs, ZerosAheadGrowWithTheBatches) {
  options_ = {.directory = "/data"};
  Open();
  const std::string path = "/data/log/sales/0/00000000000000000000.log";
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}));
  EXPECT_EQ(Bytes(path).size(), 64u << 10) << "a stream that gets little takes little";
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::string(64 << 10, 'b')}));
  EXPECT_GE(Bytes(path).size(), 1u << 20);
  EXPECT_LE(Bytes(path).size(), 2u << 20);
}

TEST_F(Logs, ALargeBatchIsWrittenWithoutZerosBeforeIt) {
  options_ = {.directory = "/data", .compression = Compression::kNone};
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::string(200 << 10, 'a')}));
  const std::string path = "/data/log/sales/0/00000000000000000000.log";
  EXPECT_EQ(Bytes(path).substr(Bytes(path).size() - 200, 100), std::string(100, 'a')) << "its end is the file's end";
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"b"}));
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_EQ(Values(), (std::vector<std::string>{std::string(200 << 10, 'a'), "b"}));
}

TEST_F(Logs, OptionsOutOfRangeAreRefused) {
  streams_[0].partitions = 0;
  EXPECT_EQ(TryOpen().error().code(), ErrorCode::kInvalid);
  streams_[0].partitions = kPartitionsMax + 1;
  EXPECT_EQ(TryOpen().error().code(), ErrorCode::kInvalid);
}

TEST_F(Logs, AnIdempotencyWindowForgetsTheOldestKeys) {
  options_.idempotency_keys_max = 3;
  Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key " + std::to_string(i)));
  for (const bool restarted : {false, true}) {
    if (restarted) CrashAndOpen(Loss::kUnsynced);
    EXPECT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key 2")->duplicate);
    EXPECT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key 4")->duplicate);
  }
  EXPECT_FALSE(AppendValues(*log_, kSales, kFirst, {"a"}, "key 1")->duplicate);
}

TEST_F(Logs, AnIdempotencyWindowForgetsOldKeys) {
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key"));
  clock_.Advance(std::chrono::hours(23));
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key")->duplicate);
  clock_.Advance(std::chrono::hours(2));
  EXPECT_FALSE(AppendValues(*log_, kSales, kFirst, {"a"}, "key")->duplicate);
}

TEST_F(Logs, AnIdempotencyWindowReachesBackOverSegments) {
  options_.segment_bytes = 1;  // a batch a segment: what a start does not read again comes from snapshots
  Open();
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key " + std::to_string(i)));
  CrashAndOpen(Loss::kUnsynced);
  for (int i = 0; i < 4; ++i) {
    const auto again = AppendValues(*log_, kSales, kFirst, {"a"}, "key " + std::to_string(i));
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->duplicate) << i;
    EXPECT_EQ(again->first, Offset{i});
  }
}

TEST_F(Logs, RetentionKeepsWhatIsStillToBeConsumed) {
  options_.segment_bytes = 1;  // a batch a segment
  Open();
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::to_string(i)}));
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, {Offset{3}, Offset{0}}));
  EXPECT_EQ(log_->Partitions(kSales)[0].begin, Offset{3});
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{2}, 1).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{3}, 1)->at(0).records.at(0).value, "3");
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, {Offset{6}, Offset{0}}));
  EXPECT_EQ(log_->Partitions(kSales)[0].begin, Offset{5}) << "the last segment stays";
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_EQ(log_->Partitions(kSales)[0].begin, Offset{5});
  EXPECT_EQ(log_->Retain(kSales, {}, {Offset{6}}).error().code(), ErrorCode::kInvalid);
}

TEST_F(Logs, AWrongTimeIndexMisleadsNeitherRetentionNorReaders) {
  options_.segment_bytes = 1;
  Open();
  for (int64_t second = 1; second <= 5; ++second) {
    clock_.Set({second * 1'000'000});
    ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}));
  }
  // The first two segments, of seconds 1 and 2, as if they were of other times: one entry of time and offset.
  Overwrite("/data/log/sales/0/00000000000000000000.timeindex", 0, std::string("\0\0\0\0\0\0\x7F\0\0\0\0\0", 12));
  Overwrite("/data/log/sales/0/00000000000000000003.timeindex", 0, std::string("\0\0\0\0\0\0\0\1\0\0\0\0", 12));
  CrashAndOpen(Loss::kUnsynced);
  for (int64_t second = 1; second <= 5; ++second) {
    EXPECT_EQ(log_->OffsetOfTime(kSales, kFirst, second * 1000), Offset{second - 1}) << second;
  }
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 4000, .bytes_max = 0}, {Offset{5}, Offset{0}}));
  EXPECT_EQ(log_->Partitions(kSales)[0].begin, Offset{3}) << "only what is older goes, and all of it";
}

TEST_F(Logs, RetentionByTimeTakesOnlyOldSegments) {
  options_.segment_bytes = 1;
  Open();
  for (int64_t second = 1; second <= 5; ++second) {
    clock_.Set({second * 1'000'000});
    ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}));
  }
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 3000, .bytes_max = 0}, {Offset{5}, Offset{0}}));
  EXPECT_EQ(log_->Partitions(kSales)[0].begin, Offset{2});
  ASSERT_TRUE(log_->Retain(kSales, {}, {Offset{5}, Offset{0}}));
  EXPECT_EQ(log_->Partitions(kSales)[0].begin, Offset{2}) << "no policy, nothing goes";
}

TEST_F(Logs, SourcePositionsAndKeysOutliveTheSegmentsTheyCameIn) {
  options_.segment_bytes = 1;
  Open();
  const SourcePosition position{"file", "item", 7, "detail"};
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key", &position));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"b"}));
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, {Offset{5}, Offset{0}}));
  CrashAndOpen(Loss::kUnsynced);
  EXPECT_EQ(log_->SourcePositions(kSales, "file", "item")[0]->next, 7);
  EXPECT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key")->duplicate);
}

TEST_F(Logs, SnapshotsOfDeletedSegmentsGoWithTheirKeys) {
  options_.segment_bytes = 1;
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}, "key"));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"b"}));
  clock_.Advance(std::chrono::hours(25));
  ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1}, {Offset{5}, Offset{0}}));
  EXPECT_EQ(Names("/data/log/sales/0", kSnapshotSuffix).size(), 1u);
}

TEST_F(Logs, ACleanStopLeavesSegmentsWithoutZeros) {
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a"}));
  const std::string path = "/data/log/sales/0/00000000000000000000.log";
  EXPECT_EQ(Bytes(path).back(), '\0');
  log_->Stop();
  const auto batches = InspectLog(files_, path, {.records = true})->batches;
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].header.total_bytes(), std::ssize(Bytes(path)));
  EXPECT_EQ(batches[0].records.at(0).value, "a");
}

TEST_F(Logs, ReadsGoOnWithoutOrAgainstAnIndex) {
  options_.segment_bytes = 20000;
  Open();
  for (int i = 0; i < 40; ++i)
    ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::to_string(i) + std::string(1000, 'x')}));
  log_.reset();
  const std::string index = "/data/log/sales/0/00000000000000000000.index";
  ASSERT_GE(Bytes(index).size(), 16u);
  Overwrite(index, 6, "\x01\x01");
  EXPECT_FALSE(VerifyLog(files_, "/data")->sound());
  Open();
  for (int64_t i = 0; i < 40; ++i) {
    const auto read = log_->Read(kSales, kFirst, Offset{i}, 1);
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->at(0).records.at(0).offset, Offset{i});
  }
  log_.reset();
  ASSERT_TRUE(files_.Remove(index));
  Open();
  EXPECT_EQ(log_->Read(kSales, kFirst, Offset{11}, 1)->at(0).records.at(0).offset, Offset{11});
  EXPECT_EQ(log_->OffsetOfTime(kSales, kFirst, INT64_MAX).value(), Offset{40});
}

TEST_F(Logs, CompressionIsUsedWhereItHelps) {
  options_.segment_bytes = 1 << 20;
  options_.compression = Compression::kZstd;
  options_.compressed_batch_bytes_min = 0;
  Open();
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::string(10000, 'x')}));
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"y"}));
  log_->Stop();
  const auto batches = InspectLog(files_, "/data/log/sales/0", {})->batches;
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].header.compression(), Compression::kZstd);
  EXPECT_LT(batches[0].header.total_bytes(), 300);
  EXPECT_EQ(batches[1].header.compression(), Compression::kNone);
}

TEST_F(Logs, LargeBatchesAreCompressedAndReadAsMuchAsIsAskedFor) {
  options_.segment_bytes = 1 << 20;
  Open();
  const std::vector<std::string> large(200, std::string(1000, 'x'));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, large));
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::string(1000, 'x')}));
  const auto few = log_->Read(kSales, kFirst, Offset{0}, 250'000);
  ASSERT_TRUE(few) << few.error().message();
  EXPECT_EQ(few->size(), 2U) << "what a read gives is bounded as unpacked";
  const auto later = log_->Read(kSales, kFirst, Offset{999}, 1 << 20);
  ASSERT_TRUE(later) << later.error().message();
  EXPECT_EQ(later->at(0).records.at(0).offset, Offset{999});
  EXPECT_EQ(later->at(1).records.at(0).offset, Offset{1000});
  log_->Stop();
  const auto batches = InspectLog(files_, "/data/log/sales/0", {})->batches;
  ASSERT_EQ(batches.size(), 6U);
  EXPECT_EQ(batches[0].header.compression(), Compression::kLz4);
  EXPECT_LT(batches[0].header.total_bytes(), 20'000);
  EXPECT_EQ(batches[5].header.compression(), Compression::kNone);
}

TEST_F(Logs, ASegmentIsFullByWhatItHoldsUnpacked) {
  options_.segment_bytes = 1 << 20;
  Open();
  for (int i = 0; i < 11; ++i) ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::string(200'000, 'x')}));
  log_->Stop();
  const auto names = files_.List("/data/log/sales/0");
  ASSERT_TRUE(names);
  EXPECT_EQ(std::count_if(names->begin(), names->end(), [](const std::string& name) { return name.ends_with(".log"); }), 3)
      << "five batches of 200,000 bytes are in each, whatever they take on the disk";
}

TEST_F(Logs, TooMuchInFlightIsRefusedAtOnce) {
  options_.in_flight_bytes_max = 1000;
  Open();
  // One request is let in however large, so that a small limit never stops everything.
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {std::string(5000, 'x')}));
  InFlightBudget budget(1000);
  EXPECT_TRUE(budget.TryTake(900));
  EXPECT_FALSE(budget.TryTake(200));
  EXPECT_TRUE(budget.TryTake(100));
  budget.Give(900);
  budget.Give(100);
  EXPECT_TRUE(budget.TryTake(5000));
  EXPECT_FALSE(budget.TryTake(1));
}

TEST_F(Logs, VerifyAndInspectSayWhatTheySee) {
  Open();
  const SourcePosition position{"file", "item", 7, ""};
  ASSERT_TRUE(AppendValues(*log_, kSales, kFirst, {"a\n", "b"}, "key", &position));
  log_->Stop();
  EXPECT_EQ(RenderReport(*VerifyLog(files_, "/data")),
            "1 partition, 1 segment, 1 batch, 2 records, " +
                std::to_string(Bytes("/data/log/sales/0/00000000000000000000.log").size()) + " bytes: sound\n");
  const std::string shown = RenderInspection(*InspectLog(files_, "/data", {.records = true}));
  EXPECT_NE(shown.find("offsets 0 to 1, seq from 1"), std::string::npos) << shown;
  EXPECT_NE(shown.find("offset 0 seq 1: a\\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("source file, item item, next 7"), std::string::npos) << shown;
  EXPECT_EQ(InspectLog(files_, "/data/log/other", {}).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tailrace::log
