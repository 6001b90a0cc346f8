#include "engine/tiered_log.h"

#include <gtest/gtest.h>

#include "ports/testing/event_log_contract.h"
#include "ports/testing/fake_event_log.h"
#include "ports/testing/fake_raw_lake.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kKept{0};
constexpr StreamId kOther{1};
constexpr PartitionId kFirst{0};

// How much the log keeps when the test does something.
enum class Keeps { kAll, kNewest };

// A log that is carried into a lake, and shortened, before each thing that a test does.
class TieredHarness final : public EventLogHarness {
 public:
  explicit TieredHarness(Keeps keeps) : keeps_(keeps) {}
  EventLog& log() override {
    lake_.Carry(log_);
    if (keeps_ == Keeps::kAll) return tiered_;
    for (const StreamId stream : {kKept, kOther}) {
      const auto partitions = log_.Partitions(stream);
      for (size_t p = 0; p < partitions.size(); ++p) {
        const int64_t begin = std::max<int64_t>(partitions[p].end.value - 1, partitions[p].begin.value);
        log_.Truncate(stream, PartitionId{static_cast<int32_t>(p)}, Offset{begin});
      }
    }
    return tiered_;
  }
  ManualClock& clock() override { return clock_; }
  void Restart() override { log_.Restart(); }
  bool TellsAllOrigins() const override { return keeps_ == Keeps::kAll; }

 private:
  const Keeps keeps_;
  ManualClock clock_{{1'000'000}};
  FakeEventLog log_{{2, 1}, clock_};
  FakeRawLake lake_{{{kKept, 2}, {kOther, 1}}};
  TieredLog tiered_{log_, lake_};
};

EventLogFactory Make(Keeps keeps) {
  return {[keeps] { return std::make_unique<TieredHarness>(keeps); }};
}

INSTANTIATE_TEST_SUITE_P(LogAndLakeHoldAll, EventLogContract, testing::Values(Make(Keeps::kAll)));
INSTANTIATE_TEST_SUITE_P(TheLogHoldsTheNewest, EventLogContract, testing::Values(Make(Keeps::kNewest)));

class TieredLogTest : public testing::Test {
 protected:
  void Add(const std::vector<std::string>& values) { ASSERT_TRUE(AppendValues(log_, kKept, kFirst, values)); }
  PartitionStatus Status() { return tiered_.Partitions(kKept)[0]; }

  ManualClock clock_{{1'000'000}};
  FakeEventLog log_{{1, 1}, clock_};
  FakeRawLake lake_{{{kKept, 1}}};
  TieredLog tiered_{log_, lake_};
};

TEST_F(TieredLogTest, WhatTheLogHasLetGoOfIsReadFromTheLakeWithoutASeam) {
  Add({"a", "b", "c"});
  Add({"d", "e"});
  lake_.Carry(log_);
  Add({"f"});
  for (int64_t begin = 0; begin <= 5; ++begin) {
    log_.Truncate(kKept, kFirst, Offset{begin});
    for (const size_t bytes_max : {size_t{1}, size_t{1} << 20}) {
      EXPECT_EQ(ValuesOf(ReadToEnd(tiered_, kKept, kFirst, Offset{0}, bytes_max)), (std::vector<std::string>{"a", "b", "c", "d", "e", "f"})) << begin;
      EXPECT_EQ(ValuesOf(ReadToEnd(tiered_, kKept, kFirst, Offset{2}, bytes_max)), (std::vector<std::string>{"c", "d", "e", "f"})) << begin;
    }
    EXPECT_EQ(Status().begin, Offset{0});
    EXPECT_EQ(Status().end, Offset{6});
  }
}

// Where the log begins in the middle of a file of the lake it is the log that is read, for it knows who brought a record.
TEST_F(TieredLogTest, NothingIsReadFromTheLakeThatTheLogHas) {
  Add({"a"});
  Add({"b"});
  Add({"c"});
  lake_.Carry(log_);
  log_.Truncate(kKept, kFirst, Offset{1});
  const auto batches = tiered_.Read(kKept, kFirst, Offset{0}, 1 << 20);
  ASSERT_TRUE(batches);
  ASSERT_EQ(batches->size(), 1u);
  EXPECT_EQ(batches->front().records.size(), 1u);
  lake_.FailReads(Error::Corruption("damaged"));
  EXPECT_EQ(tiered_.Read(kKept, kFirst, Offset{0}, 1 << 20).error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(ValuesOf(ReadToEnd(tiered_, kKept, kFirst, Offset{1})), (std::vector<std::string>{"b", "c"}));
}

// A gap between the two is not hidden.
TEST_F(TieredLogTest, ALakeThatEndsBeforeTheLogBeginsIsNotPartOfIt) {
  Add({"a", "b"});
  lake_.Carry(log_);
  Add({"c", "d"});
  log_.Truncate(kKept, kFirst, Offset{3});
  EXPECT_EQ(Status().begin, Offset{3});
  EXPECT_EQ(tiered_.Read(kKept, kFirst, Offset{2}, 100).error().code(), ErrorCode::kNotFound);
}

TEST_F(TieredLogTest, AStreamThatTheLakeDoesNotKeepIsTheLogsAlone) {
  ASSERT_TRUE(AppendValues(log_, kOther, kFirst, {"a", "b"}));
  lake_.Carry(log_);
  log_.Truncate(kOther, kFirst, Offset{1});
  EXPECT_EQ(tiered_.Partitions(kOther)[0].begin, Offset{1});
  EXPECT_EQ(tiered_.Read(kOther, kFirst, Offset{0}, 100).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(ValuesOf(ReadToEnd(tiered_, kOther, kFirst, Offset{1})), std::vector<std::string>{"b"});
}

TEST_F(TieredLogTest, ATimeIsFoundInEither) {
  for (int64_t second = 10; second < 20; ++second) {
    clock_.Set({second * 1'000'000});
    Add({"a", "b"});
  }
  lake_.Carry(log_);
  log_.Truncate(kKept, kFirst, Offset{12});
  EXPECT_EQ(tiered_.OffsetOfTime(kKept, kFirst, 0).value(), Offset{0});
  EXPECT_EQ(tiered_.OffsetOfTime(kKept, kFirst, 12'000).value(), Offset{4});
  EXPECT_EQ(tiered_.OffsetOfTime(kKept, kFirst, 15'001).value(), Offset{12});
  EXPECT_EQ(tiered_.OffsetOfTime(kKept, kFirst, 18'000).value(), Offset{16});
  EXPECT_EQ(tiered_.OffsetOfTime(kKept, kFirst, 99'000).value(), Offset{20});
}

TEST_F(TieredLogTest, AnErrorOfTheLogIsTold) {
  Add({"a"});
  lake_.Carry(log_);
  log_.FailReads(kKept, kFirst, Error::Corruption("damaged"));
  EXPECT_EQ(tiered_.Read(kKept, kFirst, Offset{0}, 100).error().code(), ErrorCode::kCorruption);
}

}  // namespace
}  // namespace tailrace::engine
