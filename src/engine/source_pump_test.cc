#include "engine/source_pump.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "model/partitioner.h"
#include "ports/testing/append_and_wait.h"
#include "ports/testing/fake_event_log.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kRecords{0};
constexpr StreamId kLetters{1};
constexpr int32_t kPartitions = 3;

Schema OneInt() {
  Schema schema;
  schema.fields.push_back({"n", Type()});
  schema.fields.back().type.kind = TypeKind::kInt;
  return schema;
}

// Rows 0 to `rows` - 1 as {"n":ROW}; those in `broken` are no JSON object, those in `odd` no int.
class NumberSource final : public Source {
 public:
  NumberSource(int64_t rows, size_t batch, std::vector<int64_t> broken, std::vector<int64_t> odd)
      : rows_(rows), batch_(batch), broken_(std::move(broken)), odd_(std::move(odd)) {}

  Result<SourceBatch> Next(size_t, const ResumeLookup& resume, std::stop_token) override {
    if (!opened_) {
      opened_ = true;
      if (const auto point = resume("numbers")) {
        next_ = point->next;
        EXPECT_EQ(point->detail, next_ == 0 ? "" : Detail());
      }
    }
    SourceBatch batch;
    batch.item = "numbers";
    batch.item_name = "numbers";
    texts_.clear();
    texts_.reserve(batch_);
    for (size_t i = 0; i < batch_ && next_ < rows_; ++i, ++next_) {
      const bool odd = std::count(odd_.begin(), odd_.end(), next_) > 0;
      texts_.push_back((odd ? R"({"n":"x)" + std::to_string(next_) + R"("})" : R"({"n":)" + std::to_string(next_) + "}") +
                       std::string(RecordDecoder::kPadding, ' '));
      SourceRow row;
      row.json = std::string_view(texts_.back()).substr(0, texts_.back().size() - RecordDecoder::kPadding);
      row.raw = row.json;
      if (std::count(broken_.begin(), broken_.end(), next_) > 0) row.fault = "broken " + std::to_string(next_);
      row.place = next_;
      batch.rows.push_back(row);
    }
    batch.next = next_;
    batch.detail = Detail();
    batch.end = next_ >= rows_;
    return batch;
  }

  int64_t SizeHint() const override { return rows_; }

 private:
  std::string Detail() const { return "at " + std::to_string(next_); }

  const int64_t rows_;
  const size_t batch_;
  const std::vector<int64_t> broken_;
  const std::vector<int64_t> odd_;
  std::vector<std::string> texts_;
  int64_t next_ = 0;
  bool opened_ = false;
};

class SourcePumpTest : public ::testing::Test {
 protected:
  std::unique_ptr<SourcePump> NewPump(int64_t rows, size_t batch, std::vector<int64_t> broken = {}, std::vector<int64_t> odd = {}) {
    std::vector<PumpTarget> targets;
    targets.push_back({"numbers", kRecords, kLetters, kPartitions, "", *RecordDecoder::Compile(OneInt(), "n")});
    return std::make_unique<SourcePump>("file", std::make_unique<NumberSource>(rows, batch, std::move(broken), std::move(odd)),
                                        std::move(targets), log_, letters_);
  }

  static Status Run(SourcePump& pump) {
    return pump.Run({}, [](const Error&) {});
  }

  std::vector<std::string> Values(StreamId stream, int32_t partitions) {
    std::vector<std::string> values;
    for (int32_t p = 0; p < partitions; ++p) {
      const auto part = ValuesOf(ReadToEnd(log_, stream, PartitionId{p}));
      values.insert(values.end(), part.begin(), part.end());
    }
    return values;
  }

  // Every row once, each partition in the order of the rows.
  void ExpectExactlyOnce(int64_t rows, const std::vector<int64_t>& refused) {
    const auto values = Values(kRecords, kPartitions);
    std::map<std::string, int> times;
    for (const std::string& value : values) ++times[value];
    EXPECT_EQ(values.size(), static_cast<size_t>(rows) - refused.size());
    EXPECT_EQ(times.size(), values.size()) << "a row is in twice";
    EXPECT_EQ(Values(kLetters, 1).size(), refused.size());
    for (int32_t p = 0; p < kPartitions; ++p) {
      int64_t last = -1;
      for (const std::string& value : ValuesOf(ReadToEnd(log_, kRecords, PartitionId{p}))) {
        const int64_t row = std::stoll(value.substr(5));
        EXPECT_GT(row, last);
        last = row;
      }
    }
  }

  ManualClock clock_{WallTime{1'000'000}};
  FakeEventLog log_{{kPartitions, 1}, clock_};
  DeadLetterWriter letters_{log_, clock_, [](std::string_view) { return std::optional(kLetters); }};
};

TEST_F(SourcePumpTest, RowsGoToThePartitionOfTheirKey) {
  const auto pump = NewPump(50, 7);
  ASSERT_TRUE(Run(*pump).has_value());
  ExpectExactlyOnce(50, {});
  const auto first = ValuesOf(ReadToEnd(log_, kRecords, PartitionOfKey("17", kPartitions)));
  EXPECT_NE(std::find(first.begin(), first.end(), R"({"n":17})"), first.end());
  EXPECT_EQ(pump->counts().accepted, 50);
}

TEST_F(SourcePumpTest, RefusedRowsAreLettersWithPlaceAndReason) {
  const auto pump = NewPump(10, 4, {2}, {5});
  ASSERT_TRUE(Run(*pump).has_value());
  ExpectExactlyOnce(10, {2, 5});
  const auto letters = Values(kLetters, 1);
  EXPECT_NE(letters[0].find(R"("stage":"decode")"), std::string::npos);
  EXPECT_NE(letters[0].find(R"("place":2)"), std::string::npos);
  EXPECT_NE(letters[1].find(R"("stage":"schema")"), std::string::npos);
  EXPECT_NE(letters[1].find(R"("pointer":"/n")"), std::string::npos);
  EXPECT_EQ(pump->counts().refused, 2);
}

TEST_F(SourcePumpTest, AFinishedFileIsNotReadTwice) {
  ASSERT_TRUE(Run(*NewPump(23, 5, {3})).has_value());
  ASSERT_TRUE(Run(*NewPump(23, 5, {3})).has_value());
  ExpectExactlyOnce(23, {3});
}

TEST_F(SourcePumpTest, AFileThatHasGrownGoesOnWhereItEnded) {
  ASSERT_TRUE(Run(*NewPump(23, 5)).has_value());
  ASSERT_TRUE(Run(*NewPump(40, 6)).has_value());
  ExpectExactlyOnce(40, {});
}

TEST_F(SourcePumpTest, AFullQueueIsWaitedFor) {
  log_.Refuse(Error::Exhausted("too much in flight"));
  const auto pump = NewPump(5, 5);
  int troubles = 0;
  ASSERT_TRUE(pump->Run({}, [&](const Error&) {
                    if (++troubles == 2) log_.Accept();
                  }).has_value());
  EXPECT_EQ(troubles, 2);
  ExpectExactlyOnce(5, {});
}

// A partition dies in the middle of a batch that the others have; after the restart each takes only what it lacks.
TEST_F(SourcePumpTest, ACrashBetweenPartitionsNeitherLosesNorRepeatsARow) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    log_.~FakeEventLog();
    new (&log_) FakeEventLog({kPartitions, 1}, clock_);
    const int64_t rows = 60;
    const std::vector<int64_t> broken{static_cast<int64_t>(random() % 30), static_cast<int64_t>(30 + random() % 30)};
    for (int crash = 0; crash < 3; ++crash) {
      const bool letters = random() % 4 == 0;
      const StreamId stream = letters ? kLetters : kRecords;
      const PartitionId partition{letters ? 0 : static_cast<int32_t>(random() % kPartitions)};
      // Dies at a random moment: after this many rows have gone by.
      const int64_t until = static_cast<int64_t>(random() % 60);
      ASSERT_TRUE(Run(*NewPump(until, 1 + random() % 9, broken)).has_value());
      log_.Hold(stream, partition);
      std::jthread dying([&, batch = 1 + random() % 9] { (void)Run(*NewPump(rows, batch, broken)).has_value(); });
      std::this_thread::yield();
      log_.Fence(stream, partition);
      dying.join();
      log_.Restart();
    }
    ASSERT_TRUE(Run(*NewPump(rows, 8, broken)).has_value());
    ExpectExactlyOnce(rows, broken);
  }
}

TEST_F(SourcePumpTest, HeldUpItReadsNothingAndGoesOnWhereItWas) {
  int asked = 0;
  constexpr int kHeldUp = 2;
  auto pump = NewPump(10, 4, {}, {});
  pump->HoldWhile(
      [&]() -> std::optional<Error> {
        ++asked;
        return asked == 2 || asked == 3 ? std::optional(Error::Unavailable("too many dead letters")) : std::nullopt;
      },
      false);
  std::vector<std::string> troubles;
  ASSERT_TRUE(pump->Run({}, [&](const Error& error) { troubles.push_back(error.message()); }).has_value());
  EXPECT_EQ(troubles, std::vector<std::string>(kHeldUp, "too many dead letters"));
  EXPECT_EQ(pump->counts().accepted, 10);
}

TEST_F(SourcePumpTest, HeldUpForGoodItEndsAndAnotherGoesOnFromThere) {
  auto pump = NewPump(10, 4, {}, {});
  int asked = 0;
  pump->HoldWhile([&] { return ++asked > 1 ? std::optional(Error::Unavailable("too many dead letters")) : std::nullopt; }, true);
  const Status ended = pump->Run({}, [](const Error&) {});
  ASSERT_FALSE(ended.has_value());
  EXPECT_EQ(ended.error().message(), "too many dead letters");
  EXPECT_EQ(pump->counts().accepted, 4);
  auto again = NewPump(10, 4, {}, {});
  ASSERT_TRUE(again->Run({}, [](const Error&) {}).has_value());
  EXPECT_EQ(again->counts().accepted, 6);
}

}  // namespace
}  // namespace tailrace::engine
