// What every EventLog promises, run by the fake and by every real one:
//
//   INSTANTIATE_TEST_SUITE_P(Files, EventLogContract, testing::Values(EventLogFactory{[] { return ...; }}));
//
// Include it in exactly one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/record_decoder.h"
#include "ports/event_log.h"
#include "ports/testing/append_and_wait.h"

namespace tailrace {

// An empty log of two streams: 0 with two partitions, 1 with one.
class EventLogHarness {
 public:
  virtual ~EventLogHarness() = default;
  virtual EventLog& log() = 0;
  virtual ManualClock& clock() = 0;
  // The process is killed and started again.
  virtual void Restart() = 0;
  // False: of some records it does not know who brought them.
  virtual bool TellsAllOrigins() const { return true; }
};

struct EventLogFactory {
  std::function<std::unique_ptr<EventLogHarness>()> make;
};

class EventLogContract : public testing::TestWithParam<EventLogFactory> {
 protected:
  EventLogContract() : harness_(GetParam().make()) {}
  EventLog& log() { return harness_->log(); }

  static constexpr StreamId kSales{0};
  static constexpr StreamId kOther{1};
  static constexpr PartitionId kFirst{0};
  static constexpr PartitionId kSecond{1};

  std::unique_ptr<EventLogHarness> harness_;
};

TEST_P(EventLogContract, GivesBackWhatWasAppended) {
  const std::vector<NewRecord> records{{"{\"a\":1}", "k"}, {"", std::nullopt}, {std::string_view("\0x", 2), ""}};
  const auto appended = AppendAndWait(log(), {kSales, kSecond, records});
  ASSERT_TRUE(appended) << appended.error().message();
  EXPECT_EQ(appended->first, Offset{0});
  EXPECT_FALSE(appended->duplicate);
  const auto read = ReadToEnd(log(), kSales, kSecond);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 3u);
  EXPECT_EQ(read->at(0).key, "k");
  EXPECT_EQ(read->at(0).value, "{\"a\":1}");
  EXPECT_EQ(read->at(1).key, std::nullopt);
  EXPECT_EQ(read->at(1).value, "");
  EXPECT_EQ(read->at(2).key, "");
  EXPECT_EQ(read->at(2).value, std::string("\0x", 2));
  EXPECT_EQ(read->at(0).seq, appended->first_seq.value);
  EXPECT_EQ(read->at(2).seq, appended->first_seq.value + 2);
  EXPECT_TRUE(ReadToEnd(log(), kSales, kFirst)->empty());
}

TEST_P(EventLogContract, OffsetsHaveNoGapsAndReadsBeginAnywhere) {
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {std::to_string(2 * i), std::to_string(2 * i + 1)}));
  for (int64_t from = 0; from <= 40; ++from) {
    const auto read = ReadToEnd(log(), kSales, kFirst, Offset{from}, 1);
    ASSERT_TRUE(read);
    ASSERT_EQ(std::ssize(*read), 40 - from);
    for (int64_t i = from; i < 40; ++i) {
      EXPECT_EQ(read->at(static_cast<size_t>(i - from)).offset, i);
      EXPECT_EQ(read->at(static_cast<size_t>(i - from)).value, std::to_string(i));
    }
  }
}

TEST_P(EventLogContract, ValuesAreFollowedByReadableBytes) {
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a", "b"}));
  const auto batches = log().Read(kSales, kFirst, Offset{0}, 1 << 20);
  ASSERT_TRUE(batches);
  int sum = 0;
  for (const LogBatch& batch : *batches) {
    for (const LogRecord& record : batch.records) {
      for (size_t i = 0; i < RecordDecoder::kPadding; ++i) sum += record.value.data()[record.value.size() + i];
    }
  }
  EXPECT_GE(sum, INT_MIN);
}

TEST_P(EventLogContract, ReadsOutsideWhatIsHeldAreNotFound) {
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a"}));
  EXPECT_EQ(log().Read(kSales, kFirst, Offset{2}, 100).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(log().Read(kSales, kFirst, Offset{-1}, 100).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(log().Read(kSales, kFirst, Offset{1}, 100)->empty());
  EXPECT_EQ(log().Read(kSales, PartitionId{7}, Offset{0}, 100).error().code(), ErrorCode::kNotFound);
}

TEST_P(EventLogContract, AWaiterIsToldExactlyOnce) {
  AwaitedAppend waiter;
  const auto records = RecordsOf({"a"});
  ASSERT_TRUE(log().Append({kSales, kFirst, records}, &waiter));
  ASSERT_TRUE(waiter.Wait());
  log().Stop();
  EXPECT_EQ(waiter.times(), 1);
}

TEST_P(EventLogContract, AppendsThatCannotBeAreRefusedAtOnce) {
  AwaitedAppend waiter;
  EXPECT_EQ(log().Append({kSales, kFirst, {}}, &waiter).error().code(), ErrorCode::kInvalid);
  const auto records = RecordsOf({"a"});
  EXPECT_EQ(log().Append({kSales, PartitionId{2}, records}, &waiter).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(log().Append({StreamId{9}, kFirst, records}, &waiter).error().code(), ErrorCode::kNotFound);
  log().Stop();
  EXPECT_EQ(log().Append({kSales, kFirst, records}, &waiter).error().code(), ErrorCode::kUnavailable);
  log().Stop();
  EXPECT_EQ(waiter.times(), 0);
}

TEST_P(EventLogContract, OneSequenceRunsThroughAllStreams) {
  int64_t before = 0;
  for (int i = 0; i < 6; ++i) {
    const StreamId stream = i % 3 == 2 ? kOther : kSales;
    const auto appended = AppendValues(log(), stream, stream == kSales ? PartitionId{i % 2} : kFirst, {"x", "y"});
    ASSERT_TRUE(appended);
    EXPECT_GT(appended->first_seq.value, before);
    before = appended->first_seq.value + 1;
    EXPECT_GT(log().StableBelow(stream), appended->first_seq.Plus(1));
  }
}

TEST_P(EventLogContract, SubscribersHearOfEveryStep) {
  std::atomic<int> sales{0};
  std::atomic<int> other{0};
  log().Subscribe(kSales, [&] { ++sales; });
  log().Subscribe(kOther, [&] { ++other; });
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a"}));
  log().Stop();  // a waiter may be told before the subscribers
  EXPECT_GE(sales, 1);
  EXPECT_EQ(other, 0);
}

TEST_P(EventLogContract, TimesAreOfTheClockAndNeverGoBack) {
  harness_->clock().Set({5'000'000});
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a"}));
  harness_->clock().Set({3'000'000});
  ASSERT_TRUE(AppendValues(log(), kSales, kSecond, {"b"}));
  harness_->clock().Set({7'000'999});
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"c"}));
  const auto first = ReadToEnd(log(), kSales, kFirst);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ(first->at(0).timestamp_ms, 5000);
  EXPECT_EQ(first->at(1).timestamp_ms, 7000);
  EXPECT_EQ(ReadToEnd(log(), kSales, kSecond)->at(0).timestamp_ms, 5000);
}

TEST_P(EventLogContract, FindsTheFirstRecordOfATime) {
  for (int64_t second = 10; second < 20; ++second) {
    harness_->clock().Set({second * 1'000'000});
    ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a", "b"}));
  }
  EXPECT_EQ(log().OffsetOfTime(kSales, kFirst, 0).value(), Offset{0});
  EXPECT_EQ(log().OffsetOfTime(kSales, kFirst, 12'000).value(), Offset{4});
  EXPECT_EQ(log().OffsetOfTime(kSales, kFirst, 12'001).value(), Offset{6});
  EXPECT_EQ(log().OffsetOfTime(kSales, kFirst, 99'000).value(), Offset{20});
  EXPECT_EQ(log().OffsetOfTime(kSales, kSecond, 0).value(), Offset{0});
}

TEST_P(EventLogContract, ARepeatedKeyAppendsNothing) {
  const auto first = AppendValues(log(), kSales, kFirst, {"a", "b"}, "key");
  ASSERT_TRUE(first);
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"c"}, "other key"));
  harness_->Restart();
  const auto again = AppendValues(log(), kSales, kFirst, {"a", "b"}, "key");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first, first->first);
  EXPECT_EQ(again->first_seq, first->first_seq);
  EXPECT_EQ(ValuesOf(ReadToEnd(log(), kSales, kFirst)), (std::vector<std::string>{"a", "b", "c"}));
  const auto elsewhere = AppendValues(log(), kSales, kSecond, {"a", "b"}, "key");
  ASSERT_TRUE(elsewhere);
  EXPECT_FALSE(elsewhere->duplicate);
}

TEST_P(EventLogContract, AKeyUsedForAnotherRequestIsAConflict) {
  const auto records = RecordsOf({"a"});
  ASSERT_TRUE(AppendAndWait(log(), {kSales, kFirst, records, "key", nullptr, 1}));
  EXPECT_EQ(AppendAndWait(log(), {kSales, kFirst, records, "key", nullptr, 2}).error().code(), ErrorCode::kConflict);
  EXPECT_TRUE(AppendAndWait(log(), {kSales, kFirst, records, "key", nullptr, 1})->duplicate);
}

TEST_P(EventLogContract, SourcePositionsRideWithTheirRecords) {
  const SourcePosition one{"file", "a.csv", 100, "line 3"};
  const SourcePosition two{"file", "a.csv", 250, "line 9"};
  const SourcePosition other{"file", "b.csv", 7, ""};
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a"}, {}, &one));
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"b", "c"}, {}, &two));
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"d"}, {}, &other));
  for (const bool restarted : {false, true}) {
    if (restarted) harness_->Restart();
    const auto positions = log().SourcePositions(kSales, "file", "a.csv");
    ASSERT_EQ(positions.size(), 2u);
    ASSERT_TRUE(positions[0]);
    EXPECT_EQ(positions[0]->next, 250);
    EXPECT_EQ(positions[0]->detail, "line 9");
    EXPECT_FALSE(positions[1]);
    EXPECT_FALSE(log().SourcePositions(kOther, "file", "a.csv")[0]);
    EXPECT_FALSE(log().SourcePositions(kSales, "file", "c.csv")[0]);
  }
}

// "NAME client CLIENT item ITEM request ID unit UNIT: PLACE" of every record.
inline std::vector<std::string> OriginsOf(EventLog& log, StreamId stream, PartitionId partition, Offset from = {}) {
  std::vector<std::string> all;
  while (true) {
    const auto batches = log.Read(stream, partition, from, 1);
    if (!batches || batches->empty()) return all;
    for (const LogBatch& batch : *batches) {
      const std::vector<OriginRun> runs = batch.origins ? batch.origins() : std::vector<OriginRun>();
      for (const LogRecord& record : batch.records) {
        std::string text = "unknown";
        for (const OriginRun& run : runs) {
          if (run.first > record.offset || run.origin.kind == OriginKind::kUnknown) continue;
          text = std::string(run.origin.name) + " " + std::string(run.origin.client) + " " + std::string(run.origin.item) + " " +
                 run.origin.RequestId() + " " + std::string(PlaceUnitName(run.origin.unit)) + " " +
                 std::to_string(run.PlaceOf(record.offset));
        }
        all.push_back(text);
        from = record.offset.Plus(1);
      }
    }
  }
}

TEST_P(EventLogContract, ARecordTellsFromWhomItCame) {
  Origin file{OriginKind::kSource, PlaceUnit::kLine, "sales_file", {}, "data.csv", {}, {}};
  Origin door{OriginKind::kDoor, PlaceUnit::kRecord, "POST /streams/sales", "shop", {}, "r5-", 255};
  const std::vector<NewRecord> lines{{"a", std::nullopt, 2}, {"b", std::nullopt, 3}, {"c", std::nullopt, 7}};
  const std::vector<NewRecord> posted{{"d", std::nullopt, 0}, {"e", std::nullopt, 1}};
  AppendRequest request{kSales, kFirst, lines};
  request.origin = &file;
  ASSERT_TRUE(AppendAndWait(log(), request));
  request.records = posted;
  request.origin = &door;
  ASSERT_TRUE(AppendAndWait(log(), request));
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"f"}));
  const std::vector<std::string> all{"sales_file  data.csv  line 2",
                                     "sales_file  data.csv  line 3",
                                     "sales_file  data.csv  line 7",
                                     "POST /streams/sales shop  r5-ff record 0",
                                     "POST /streams/sales shop  r5-ff record 1",
                                     "unknown"};
  for (const bool restarted : {false, true}) {
    if (restarted) harness_->Restart();
    const auto told = OriginsOf(log(), kSales, kFirst);
    ASSERT_EQ(told.size(), all.size());
    for (size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(told[i] == all[i] || (told[i] == "unknown" && !harness_->TellsAllOrigins())) << told[i];
    if (!harness_->TellsAllOrigins()) continue;
    EXPECT_EQ(OriginsOf(log(), kSales, kFirst, Offset{4}), std::vector<std::string>(all.begin() + 4, all.end()));
    const PartitionStatus status = log().Partitions(kSales)[0];
    EXPECT_EQ(status.origins, (std::vector<OriginCount>{{"sales_file", 3}, {"POST /streams/sales", 2}, {"", 1}}));
    ASSERT_TRUE(status.origins_gone);
    EXPECT_TRUE(status.origins_gone->empty());
  }
}

TEST_P(EventLogContract, ARequestSentTwiceCountsOnceForItsOrigin) {
  const Origin door{OriginKind::kDoor, PlaceUnit::kRecord, "door", {}, {}, {}, {}};
  const auto records = RecordsOf({"a", "b"});
  AppendRequest request{kSales, kFirst, records, "key"};
  request.origin = &door;
  ASSERT_TRUE(AppendAndWait(log(), request));
  ASSERT_TRUE(AppendAndWait(log(), request)->duplicate);
  EXPECT_EQ(log().Partitions(kSales)[0].origins, (std::vector<OriginCount>{{"door", 2}}));
  EXPECT_EQ(log().Partitions(kSales)[0].repeated, (std::vector<OriginCount>{{"door", 2}}));
}

TEST_P(EventLogContract, APositionMayComeWithoutRecords) {
  const SourcePosition one{"file", "a.csv", 100, ""};
  const SourcePosition two{"file", "a.csv", 200, ""};
  const SourcePosition b{"file", "b.csv", 1, ""};
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"a"}, {}, &one));
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {}, {}, &two));
  harness_->Restart();
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {}, {}, &b));
  harness_->Restart();
  EXPECT_EQ(log().SourcePositions(kSales, "file", "a.csv")[0]->next, 200);
  EXPECT_EQ(log().SourcePositions(kSales, "file", "b.csv")[0]->next, 1);
  EXPECT_EQ(ValuesOf(ReadToEnd(log(), kSales, kFirst)), std::vector<std::string>{"a"});
  const SourcePosition three{"file", "a.csv", 300, ""};
  ASSERT_TRUE(AppendValues(log(), kSales, kFirst, {"b"}, {}, &three));
  harness_->Restart();
  EXPECT_EQ(log().SourcePositions(kSales, "file", "a.csv")[0]->next, 300);
}

TEST_P(EventLogContract, ARestartKeepsRecordsAndGoesOnWithTheNumbers) {
  const auto before = AppendValues(log(), kSales, kFirst, {"a", "b"});
  ASSERT_TRUE(before);
  harness_->Restart();
  EXPECT_EQ(ValuesOf(ReadToEnd(log(), kSales, kFirst)), (std::vector<std::string>{"a", "b"}));
  const auto after = AppendValues(log(), kSales, kFirst, {"c"});
  ASSERT_TRUE(after);
  EXPECT_EQ(after->first, Offset{2});
  EXPECT_GT(after->first_seq, before->first_seq.Plus(1));
  const auto statuses = log().Partitions(kSales);
  ASSERT_EQ(statuses.size(), 2u);
  EXPECT_EQ(statuses[0].begin, Offset{0});
  EXPECT_EQ(statuses[0].end, Offset{3});
  EXPECT_GT(statuses[0].bytes, 0);
  EXPECT_FALSE(statuses[0].fenced);
}

}  // namespace tailrace
