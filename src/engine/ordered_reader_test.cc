#include "engine/ordered_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tailrace::engine {
namespace {

// Partitions of (seq, value), in batches as they were written; records at or above `stable` are not readable in order yet.
class ScriptedLog final : public EventLog {
 public:
  explicit ScriptedLog(size_t partitions) : partitions_(partitions) {}

  void Write(size_t partition, int64_t first_seq, int64_t records) {
    auto& lane = partitions_[partition];
    lane.emplace_back();
    for (int64_t i = 0; i < records; ++i) lane.back().push_back(Seq{first_seq + i});
  }

  int64_t stable = INT64_MAX;
  int reads = 0;

  Status Append(const AppendRequest&, AppendWaiter*) override { return Fail(Error::Internal("read only")); }

  Result<std::vector<LogBatch>> Read(StreamId, PartitionId partition, Offset from, size_t) override {
    ++reads;
    std::vector<LogBatch> found;
    int64_t offset = 0;
    for (const auto& seqs : partitions_[static_cast<size_t>(partition.value)]) {
      LogBatch batch;
      batch.partition = partition;
      batch.buffer = std::make_shared<std::string>();
      for (const Seq seq : seqs) {
        if (offset >= from.value) batch.records.push_back({Offset{offset}, seq, std::nullopt, "x"});
        ++offset;
      }
      if (batch.records.empty()) continue;
      found.push_back(std::move(batch));
      if (found.size() == 2) break;  // a read gives a few batches at a time
    }
    return found;
  }

  Seq StableBelow(StreamId) override { return Seq{stable}; }
  std::vector<PartitionStatus> Partitions(StreamId) const override { return {}; }
  Result<Offset> OffsetOfTime(StreamId, PartitionId, int64_t) override { return Offset{}; }
  std::vector<std::optional<SourcePosition>> SourcePositions(StreamId, std::string_view, std::string_view) override { return {}; }
  void Subscribe(StreamId, std::function<void()>) override {}
  void Stop() override {}

 private:
  std::vector<std::vector<std::vector<Seq>>> partitions_;
};

std::vector<int64_t> Seqs(const RecordRun& run) {
  std::vector<int64_t> seqs;
  for (const OrderedRecord& record : run.records) seqs.push_back(record.record.seq.value);
  return seqs;
}

constexpr RunLimits kAll{1000, 1 << 20};

TEST(OrderedReaderTest, MergesPartitionsBySequence) {
  ScriptedLog log(2);
  log.Write(0, 1, 2);
  log.Write(1, 3, 2);
  log.Write(0, 5, 1);
  OrderedReader reader(log, StreamId{0}, {Offset{0}, Offset{0}});
  EXPECT_EQ(Seqs(*reader.Next(kAll, nullptr)), (std::vector<int64_t>{1, 2, 3, 4, 5}));
  EXPECT_EQ(reader.positions(), (Positions{Offset{3}, Offset{2}}));
  EXPECT_TRUE(reader.Next(kAll, nullptr)->records.empty());
}

TEST(OrderedReaderTest, GivesNothingThatIsNotStable) {
  ScriptedLog log(2);
  log.Write(0, 1, 1);
  log.Write(0, 7, 1);
  log.stable = 3;  // 3 to 6 are on their way to partition 1
  OrderedReader reader(log, StreamId{0}, {Offset{0}, Offset{0}});
  EXPECT_EQ(Seqs(*reader.Next(kAll, nullptr)), (std::vector<int64_t>{1}));
  log.Write(1, 3, 4);
  log.stable = 8;
  EXPECT_EQ(Seqs(*reader.Next(kAll, nullptr)), (std::vector<int64_t>{3, 4, 5, 6, 7}));
}

TEST(OrderedReaderTest, StopsAtTheAskedPositions) {
  ScriptedLog log(2);
  log.Write(0, 1, 3);
  log.Write(1, 4, 3);
  OrderedReader reader(log, StreamId{0}, {Offset{0}, Offset{0}});
  const Positions until{Offset{3}, Offset{1}};
  EXPECT_EQ(Seqs(*reader.Next(kAll, &until)), (std::vector<int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(reader.positions(), until);
}

TEST(OrderedReaderTest, ADrainedPartitionIsReadOnceARun) {
  ScriptedLog log(2);
  for (int64_t i = 0; i < 100; ++i) log.Write(0, 1 + i, 1);
  OrderedReader reader(log, StreamId{0}, {Offset{0}, Offset{0}});
  ASSERT_EQ(reader.Next(kAll, nullptr)->records.size(), 100U);
  EXPECT_LE(log.reads, 53);  // fifty for the full partition, one for the empty one
}

TEST(OrderedReaderTest, AnyLimitsGiveTheSameOrder) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    ScriptedLog log(3);
    int64_t seq = 1;
    while (seq < 60) {
      const auto records = static_cast<int64_t>(1 + random() % 5);
      log.Write(random() % 3, seq, records);
      seq += records;
    }
    OrderedReader reader(log, StreamId{0}, Positions(3));
    std::vector<int64_t> all;
    while (true) {
      const auto run = reader.Next({1 + random() % 7, 1 + random() % 9}, nullptr);
      if (run->records.empty()) break;
      const auto seqs = Seqs(*run);
      all.insert(all.end(), seqs.begin(), seqs.end());
    }
    ASSERT_EQ(all.size(), static_cast<size_t>(seq - 1));
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  }
}

}  // namespace
}  // namespace tailrace::engine
