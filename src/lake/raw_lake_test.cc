// The raw floor: what is written, read and written again.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lake/raw_manifest.h"
#include "lake/raw_store.h"
#include "lake/raw_writer.h"
#include "ports/testing/append_and_wait.h"
#include "ports/testing/fake_event_log.h"
#include "ports/testing/fake_object_store.h"

namespace tailrace::lake {
namespace {

constexpr StreamId kSales{0};
constexpr PartitionId kFirst{0};
constexpr PartitionId kSecond{1};
// 2026-03-04T05:00:00Z
constexpr int64_t kStartMicros = 1'772'600'400'000'000;
constexpr int64_t kSecondMicros = 1'000'000;

std::vector<RawStreamOptions> Sales(int64_t roll_bytes = 1 << 20) { return {{kSales, "sales", 2, roll_bytes, 600'000}}; }

class RawLakeTest : public testing::Test {
 protected:
  RawLakeTest() { Restart(Sales()); }

  void Restart(std::vector<RawStreamOptions> options) {
    writer_.reset();
    store_ = RawStore::Open(objects_, std::move(options)).value();
    writer_ = std::make_unique<RawWriter>(*store_, log_, clock_);
  }
  void Add(const std::vector<std::string>& values, PartitionId partition = kFirst) {
    ASSERT_TRUE(AppendAndWait(log_, {kSales, partition, RecordsOf(values)}));
  }
  std::vector<std::string> Values(PartitionId partition = kFirst, Offset from = {}, size_t bytes_max = 1 << 20) {
    std::vector<std::string> values;
    const Offset end = store_->Partitions(kSales)[static_cast<size_t>(partition.value)].end;
    while (from < end) {
      const auto batches = store_->Read(kSales, partition, from, bytes_max);
      if (!batches) return {batches.error().message()};
      for (const LogBatch& batch : *batches) {
        for (const LogRecord& record : batch.records) {
          EXPECT_EQ(record.offset, from);
          values.emplace_back(record.value);
          from = record.offset.Plus(1);
        }
      }
    }
    return values;
  }
  std::vector<std::string> DataFiles() {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : objects_.objects()) {
      if (name.ends_with(".zst")) names.push_back(name);
    }
    return names;
  }

  ManualClock clock_{{kStartMicros}};
  FakeEventLog log_{{2}, clock_};
  FakeObjectStore objects_;
  std::unique_ptr<RawStore> store_;
  std::unique_ptr<RawWriter> writer_;
};

TEST_F(RawLakeTest, AFileIsNamedByItsHourAndOffsets) {
  Add({R"({"a":1})", R"({"a":2})"});
  ASSERT_TRUE(writer_->Step());
  EXPECT_TRUE(DataFiles().empty());
  clock_.Advance(std::chrono::seconds(601));
  ASSERT_TRUE(writer_->Step());
  EXPECT_EQ(DataFiles(), std::vector<std::string>{"raw/sales/2026/03/04/05/sales-0-00000000000000000000-00000000000000000001.jsonl.zst"});
  EXPECT_EQ(Values(), (std::vector<std::string>{R"({"a":1})", R"({"a":2})"}));
  EXPECT_EQ(store_->Partitions(kSales)[0].end, Offset{2});
  EXPECT_EQ(store_->ObjectOf(kSales, kFirst, Offset{1}), DataFiles()[0]);
  EXPECT_EQ(store_->ObjectOf(kSales, kFirst, Offset{2}), std::nullopt);
}

TEST_F(RawLakeTest, EveryByteOfARecordComesBack) {
  const std::vector<std::string> values{"{\"a\":\"x\\n\"}", "", std::string("\0\n\xff", 3), "\"a lost record\"", "[1]", "not json"};
  Add(values);
  const std::vector<NewRecord> keyed{{"{}", "plain \" key"}, {"{}", ""}, {"{}", std::string_view("\xff\0", 2)}, {"{}", "\n\xc3\xa9"}};
  ASSERT_TRUE(AppendAndWait(log_, {kSales, kFirst, keyed}));
  ASSERT_TRUE(writer_->Flush());
  std::vector<std::string> read = Values();
  ASSERT_EQ(read.size(), 10u);
  read.resize(6);
  EXPECT_EQ(read, values);
  const auto keys = store_->Read(kSales, kFirst, Offset{6}, 1 << 20).value();
  ASSERT_EQ(keys.size(), 1u);
  for (size_t i = 0; i < keyed.size(); ++i) EXPECT_EQ(keys[0].records[i].key, keyed[i].key) << i;
  const auto original = log_.Read(kSales, kFirst, Offset{6}, 1 << 20).value();
  EXPECT_EQ(keys[0].timestamp_ms, original[0].timestamp_ms);
  EXPECT_EQ(keys[0].records[3].seq, original[0].records[3].seq);
}

TEST_F(RawLakeTest, AnHourEndsAFileAndSoDoesItsSize) {
  Restart(Sales(/*roll_bytes=*/20));
  Add({"{\"a\":10}", "{\"a\":11}", "{\"a\":12}", "{\"a\":13}", "{\"a\":14}"});
  clock_.Advance(std::chrono::hours(1));
  Add({"{\"b\":1}"});
  ASSERT_TRUE(writer_->Step());
  EXPECT_EQ(DataFiles(), (std::vector<std::string>{
                             "raw/sales/2026/03/04/05/sales-0-00000000000000000000-00000000000000000001.jsonl.zst",
                             "raw/sales/2026/03/04/05/sales-0-00000000000000000002-00000000000000000003.jsonl.zst",
                             "raw/sales/2026/03/04/05/sales-0-00000000000000000004-00000000000000000004.jsonl.zst",
                         }));
  ASSERT_TRUE(writer_->Flush());
  EXPECT_EQ(DataFiles().size(), 4u);
  EXPECT_EQ(Values().size(), 6u);
  EXPECT_EQ(Values(kFirst, Offset{3}, 1), (std::vector<std::string>{"{\"a\":13}", "{\"a\":14}", "{\"b\":1}"}));
  EXPECT_EQ(store_->CountAgain(kSales, kFirst, {})->records, 6);
  EXPECT_EQ(store_->OffsetOfTime(kSales, kFirst, (kStartMicros + 1) / 1000).value(), Offset{0});
  EXPECT_EQ(store_->OffsetOfTime(kSales, kFirst, kStartMicros / 1000 + 1).value(), Offset{5});
  EXPECT_EQ(store_->OffsetOfTime(kSales, kFirst, kStartMicros / 1000 + 3'600'001).value(), Offset{6});
}

TEST_F(RawLakeTest, PartitionsHaveFilesOfTheirOwn) {
  Add({"{\"a\":1}"});
  Add({"{\"b\":1}", "{\"b\":2}"}, kSecond);
  ASSERT_TRUE(writer_->Flush());
  EXPECT_EQ(Values(kSecond), (std::vector<std::string>{"{\"b\":1}", "{\"b\":2}"}));
  Restart(Sales());
  EXPECT_EQ(Values(kSecond), (std::vector<std::string>{"{\"b\":1}", "{\"b\":2}"}));
  Add({"{\"b\":3}"}, kSecond);
  ASSERT_TRUE(writer_->Flush());
  EXPECT_EQ(Values(kSecond).size(), 3u);
}

TEST_F(RawLakeTest, WhatIsNotStableIsNotTaken) {
  log_.Hold(kSales, kSecond);
  const std::vector<std::string> held{"{\"held\":1}"};
  AwaitedAppend waiter;
  const auto records = RecordsOf(held);
  ASSERT_TRUE(log_.Append({kSales, kSecond, records}, &waiter));
  Add({"{\"later\":1}"});
  ASSERT_TRUE(writer_->Flush());
  EXPECT_TRUE(DataFiles().empty());
  log_.Release(kSales, kSecond);
  ASSERT_TRUE(writer_->Flush());
  EXPECT_EQ(DataFiles().size(), 2u);
}

TEST_F(RawLakeTest, ADamagedFileIsNamed) {
  Add({"{\"a\":1}"});
  ASSERT_TRUE(writer_->Flush());
  const std::string name = DataFiles()[0];
  std::string bytes = objects_.objects()[name];
  bytes[bytes.size() / 2] ^= 1;
  objects_.Damage(name, bytes);
  const auto read = store_->Read(kSales, kFirst, Offset{0}, 100);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(read.error().message().find(name), std::string::npos);
  EXPECT_EQ(store_->CountAgain(kSales, kFirst, {}).error().code(), ErrorCode::kCorruption);
}

TEST_F(RawLakeTest, AMissingFileBetweenTwoOthersIsNamed) {
  Restart(Sales(1));
  Add({"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"});
  ASSERT_TRUE(writer_->Flush());
  ASSERT_TRUE(objects_.Delete(DataFiles()[1]));
  const auto reopened = RawStore::Open(objects_, Sales());
  ASSERT_FALSE(reopened);
  EXPECT_EQ(reopened.error().code(), ErrorCode::kCorruption);
  EXPECT_NE(reopened.error().message().find("offsets 1 to 1"), std::string::npos) << reopened.error().message();
}

// The same records, a store that goes away before or after any of its writes, a start anew with another clock: the files are the same
// as when nothing had happened, and each record is in one of them.
TEST_F(RawLakeTest, WhereverItStopsTheFilesAreTheSame) {
  std::map<std::string, std::string> expected;
  for (int stop = -1; stop < 20; ++stop) {
    for (const bool done : {false, true}) {
      ManualClock clock{{kStartMicros}};
      FakeEventLog log{{2}, clock};
      FakeObjectStore objects;
      const auto options = Sales(/*roll_bytes=*/30);
      for (int i = 0; i < 7; ++i) {
        const std::vector<std::string> values{"{\"n\":" + std::to_string(100 + i) + "}"};
        ASSERT_TRUE(AppendAndWait(log, {kSales, PartitionId{i % 2}, RecordsOf(values)}));
      }
      {
        const auto store = RawStore::Open(objects, options).value();
        RawWriter writer(*store, log, clock);
        objects.FailPuts(stop, done);
        const Status first = writer.Flush();
        EXPECT_EQ(first.has_value(), stop < 0 || stop >= objects.puts());
      }
      objects.Mend();
      clock.Advance(std::chrono::hours(5));
      const auto store = RawStore::Open(objects, options).value();
      RawWriter writer(*store, log, clock);
      ASSERT_TRUE(writer.Flush());
      EXPECT_EQ(store->CountAgain(kSales, kFirst, {})->records, 4);
      EXPECT_EQ(store->CountAgain(kSales, kSecond, {})->records, 3);
      if (stop < 0) expected = objects.objects();
      EXPECT_EQ(objects.objects(), expected) << "stopped at put " << stop << (done ? " after it was done" : "");
    }
  }
  EXPECT_EQ(expected.size(), 6u);  // three files, a manifest, a cut of each partition
}

// A time decided where the file ends; records that came before the kill and after it do not change that.
TEST_F(RawLakeTest, ADecidedCutHoldsForWhatComesAfterAKill) {
  Add({"{\"a\":1}"});
  objects_.FailPuts(1, false);  // the cut is kept, the file is not
  EXPECT_FALSE(writer_->Flush());
  objects_.Mend();
  Restart(Sales());
  Add({"{\"a\":2}"});
  ASSERT_TRUE(writer_->Flush());
  EXPECT_EQ(DataFiles().size(), 2u);
  EXPECT_EQ(Values(), (std::vector<std::string>{"{\"a\":1}", "{\"a\":2}"}));
}

TEST_F(RawLakeTest, AStreamThatCannotBeWrittenHoldsUpNoOtherAndIsTriedAgainUntilItCan) {
  FakeEventLog log{{1, 1}, clock_};
  const std::vector<RawStreamOptions> options = {{StreamId{0}, "sales", 1, 1 << 20, 0}, {StreamId{1}, "visits", 1, 1 << 20, 0}};
  objects_.Damage("raw/sales/_cuts/0.json", "{");
  EXPECT_FALSE(RawStore::Open(objects_, options)) << "what is damaged at the start is told at the start";
  objects_.Damage("raw/sales/_cuts/0.json", R"({"first":0,"last":0,"hour":"2026-03-04T05:00:00Z"})");
  const auto store = RawStore::Open(objects_, options).value();
  RawWriter writer(*store, log, clock_, {std::chrono::seconds(30), std::chrono::seconds(10)});
  // The cut of sales names a record that its log has not: its file cannot be written.
  ASSERT_TRUE(AppendAndWait(log, {StreamId{1}, kFirst, RecordsOf({"{\"v\":1}"})}));
  EXPECT_FALSE(writer.Step());
  EXPECT_EQ(store->Partitions(StreamId{1})[0].end, Offset{1}) << "the other stream is carried on";
  ASSERT_EQ(writer.Troubles().size(), 1u);
  EXPECT_EQ(writer.Troubles()[0].name, "sales");
  EXPECT_FALSE(writer.Troubles()[0].stopped);
  clock_.Advance(std::chrono::seconds(30));
  EXPECT_FALSE(writer.Step());
  EXPECT_TRUE(writer.Troubles()[0].stopped);
  ASSERT_TRUE(AppendAndWait(log, {StreamId{0}, kFirst, RecordsOf({"{\"s\":1}"})}));
  clock_.Advance(std::chrono::seconds(9));
  EXPECT_TRUE(writer.Step()) << "it is not tried before its pause is over";
  EXPECT_EQ(store->Partitions(StreamId{0})[0].end, Offset{0});
  clock_.Advance(std::chrono::seconds(1));
  EXPECT_TRUE(writer.Step());
  EXPECT_EQ(store->Partitions(StreamId{0})[0].end, Offset{1});
  EXPECT_TRUE(writer.Troubles().empty());
}

TEST_F(RawLakeTest, ALakeThatComesLaterBeginsWhereTheLogBegins) {
  Add({"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"});
  log_.Truncate(kSales, kFirst, Offset{3});
  Add({"{\"a\":4}"});
  ASSERT_TRUE(writer_->Flush());
  EXPECT_EQ(store_->Partitions(kSales)[0].begin, Offset{3});
  EXPECT_EQ(Values(kFirst, Offset{3}), std::vector<std::string>{"{\"a\":4}"});
  EXPECT_EQ(store_->Read(kSales, kFirst, Offset{2}, 10).error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tailrace::lake
