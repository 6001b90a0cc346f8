// What every RawLake promises, run by the fake and by every real one:
//
//   INSTANTIATE_TEST_SUITE_P(Files, RawLakeContract, testing::Values(RawLakeFactory{[] { return ...; }}));
//
// Include it in exactly one source file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "ports/raw_lake.h"
#include "ports/testing/append_and_wait.h"
#include "ports/testing/fake_event_log.h"

namespace tailrace {

// An empty lake over a log of two streams: 0 with two partitions, which it keeps, and 1, which it does not.
class RawLakeHarness {
 public:
  virtual ~RawLakeHarness() = default;
  virtual RawLake& lake() = 0;
  // What the log has is in the lake afterwards.
  virtual void Carry() = 0;
  // The process is killed and started again.
  virtual void Restart() = 0;

  ManualClock& clock() { return clock_; }
  FakeEventLog& log() { return log_; }

 private:
  ManualClock clock_{{1'772'600'400'000'000}};
  FakeEventLog log_{{2, 1}, clock_};
};

struct RawLakeFactory {
  std::function<std::unique_ptr<RawLakeHarness>()> make;
};

class RawLakeContract : public testing::TestWithParam<RawLakeFactory> {
 protected:
  RawLakeContract() : harness_(GetParam().make()) {}
  RawLake& lake() { return harness_->lake(); }
  FakeEventLog& log() { return harness_->log(); }

  void Add(const std::vector<std::string>& values, PartitionId partition = kFirst) { ASSERT_TRUE(AppendValues(log(), kKept, partition, values)); }
  RawStatus StatusOf(PartitionId partition = kFirst) { return lake().Partitions(kKept).at(static_cast<size_t>(partition.value)); }
  // "OFFSET SEQ TIME KEY VALUE" of every record of a log or lake in [from, end).
  template <typename Readable>
  static std::vector<std::string> RecordsIn(Readable& readable, Offset from, Offset end, size_t bytes_max) {
    std::vector<std::string> all;
    while (from < end) {
      const auto batches = readable.Read(kKept, kFirst, from, bytes_max);
      if (!batches) return {batches.error().message()};
      for (const LogBatch& batch : *batches) {
        EXPECT_EQ(batch.partition, kFirst);
        for (const LogRecord& record : batch.records) {
          EXPECT_EQ(record.offset, from);
          all.push_back(std::to_string(record.offset.value) + " " + std::to_string(record.seq.value) + " " + std::to_string(batch.timestamp_ms) + " " +
                        std::string(record.key.value_or("(none)")) + " " + std::string(record.value));
          from = record.offset.Plus(1);
        }
      }
      if (batches->empty()) return {"nothing at " + std::to_string(from.value)};
    }
    return all;
  }

  static constexpr StreamId kKept{0};
  static constexpr StreamId kOther{1};
  static constexpr PartitionId kFirst{0};
  static constexpr PartitionId kSecond{1};

  std::unique_ptr<RawLakeHarness> harness_;
};

TEST_P(RawLakeContract, HoldsWhatTheLogHadAndIsReadFromAnywhere) {
  const std::vector<NewRecord> records{{"{\"a\":1}", "k"}, {"", std::nullopt}, {std::string_view("\0\n\xff", 3), ""}, {"[1]", std::string_view("\xff\0", 2)}};
  ASSERT_TRUE(AppendAndWait(log(), {kKept, kFirst, records}));
  harness_->clock().Advance(std::chrono::minutes(61));
  for (int i = 0; i < 10; ++i) {
    Add({"{\"i\":" + std::to_string(i) + "}"});
    if (i % 4 == 0) harness_->Carry();
    harness_->clock().Advance(std::chrono::seconds(1));
  }
  harness_->Carry();
  for (const bool restarted : {false, true}) {
    if (restarted) harness_->Restart();
    for (int64_t from = 0; from < 14; ++from) {
      for (const size_t bytes_max : {size_t{1}, size_t{1} << 20}) {
        EXPECT_EQ(RecordsIn(lake(), Offset{from}, Offset{14}, bytes_max), RecordsIn(log(), Offset{from}, Offset{14}, size_t{1} << 20)) << from;
      }
    }
  }
}

TEST_P(RawLakeContract, ReadsOutsideWhatIsHeldAreNotFound) {
  EXPECT_EQ(lake().Read(kKept, kFirst, Offset{0}, 100).error().code(), ErrorCode::kNotFound);
  Add({"{}", "{}"});
  EXPECT_EQ(lake().Read(kKept, kFirst, Offset{0}, 100).error().code(), ErrorCode::kNotFound) << "it is in the log alone";
  harness_->Carry();
  EXPECT_TRUE(lake().Read(kKept, kFirst, Offset{1}, 100));
  for (const int64_t offset : {-1, 2, 3}) EXPECT_EQ(lake().Read(kKept, kFirst, Offset{offset}, 100).error().code(), ErrorCode::kNotFound) << offset;
  EXPECT_EQ(lake().Read(kKept, kSecond, Offset{0}, 100).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(lake().Read(kKept, PartitionId{7}, Offset{0}, 100).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(lake().Read(kOther, kFirst, Offset{0}, 100).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(lake().Partitions(kOther).empty());
}

TEST_P(RawLakeContract, TellsHowFarItIs) {
  ASSERT_EQ(lake().Partitions(kKept).size(), 2u);
  EXPECT_EQ(StatusOf().files, 0);
  Add({"{}", "{}"});
  harness_->Carry();
  Add({"{}"});
  EXPECT_EQ(StatusOf().begin, Offset{0});
  EXPECT_EQ(StatusOf().end, Offset{2});
  EXPECT_GT(StatusOf().bytes, 0);
  EXPECT_EQ(StatusOf().files, 1);
  harness_->Carry();
  EXPECT_EQ(StatusOf().end, Offset{3});
  EXPECT_EQ(StatusOf().files, 2);
  EXPECT_EQ(StatusOf(kSecond).end, Offset{0});
}

TEST_P(RawLakeContract, BeginsWhereTheLogBegan) {
  Add({"{\"a\":1}", "{\"a\":2}", "{\"a\":3}"});
  log().Truncate(kKept, kFirst, Offset{3});
  Add({"{\"a\":4}"});
  harness_->Carry();
  EXPECT_EQ(StatusOf().begin, Offset{3});
  EXPECT_EQ(lake().Read(kKept, kFirst, Offset{2}, 10).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(lake().Read(kKept, kFirst, Offset{3}, 10));
}

TEST_P(RawLakeContract, FindsTheFirstRecordOfATime) {
  const int64_t begin_ms = harness_->clock().Now().millis();
  for (int i = 0; i < 5; ++i) {
    Add({"{}", "{}"});
    harness_->clock().Advance(std::chrono::minutes(30));
  }
  harness_->Carry();
  constexpr int64_t kHalfHourMs = 1'800'000;
  EXPECT_EQ(lake().OffsetOfTime(kKept, kFirst, 0).value(), Offset{0});
  EXPECT_EQ(lake().OffsetOfTime(kKept, kFirst, begin_ms + 2 * kHalfHourMs).value(), Offset{4});
  EXPECT_EQ(lake().OffsetOfTime(kKept, kFirst, begin_ms + 2 * kHalfHourMs + 1).value(), Offset{6});
  EXPECT_EQ(lake().OffsetOfTime(kKept, kFirst, begin_ms + 9 * kHalfHourMs).value(), Offset{10});
}

TEST_P(RawLakeContract, NamesTheObjectThatHoldsARecord) {
  Add({"{}"});
  harness_->Carry();
  Add({"{}"});
  EXPECT_EQ(lake().ObjectOf(kKept, kFirst, Offset{1}), std::nullopt);
  harness_->Carry();
  const auto first = lake().ObjectOf(kKept, kFirst, Offset{0});
  const auto second = lake().ObjectOf(kKept, kFirst, Offset{1});
  ASSERT_TRUE(first && second);
  EXPECT_NE(*first, *second);
}

TEST_P(RawLakeContract, CountsItsRecordsAgain) {
  EXPECT_EQ(lake().CountAgain(kKept, kFirst, {})->records, 0);
  Add({"{}", "{}", "{}"});
  harness_->Carry();
  const auto counted = lake().CountAgain(kKept, kFirst, {});
  ASSERT_TRUE(counted);
  EXPECT_EQ(counted->records, 3);
  EXPECT_EQ(counted->files, 1);
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(lake().CountAgain(kKept, kFirst, stopped.get_token()).error().code(), ErrorCode::kCancelled);
}

}  // namespace tailrace
