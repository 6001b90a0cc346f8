// A small workload that rolls, snapshots, recycles, repeats keys and carries source positions, cut short or failed at
// every single I/O operation; then what is there is held against what was promised.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "log/testing/log_fixture.h"
#include "log/verify.h"

namespace tailrace::log {
namespace {

using Kind = FaultFileSystem::Kind;
using Loss = FaultFileSystem::Loss;

constexpr int kSteps = 30;
constexpr int32_t kPartitions = 2;

struct Attempt {
  int32_t partition = 0;
  std::vector<std::string> values;
  std::string key;
  std::optional<SourcePosition> position;
  std::optional<Appended> acknowledged;
};

class World {
 public:
  explicit World(uint64_t seed) : random_(seed) {}

  FaultFileSystem& files() { return files_; }

  // False when it could not be opened.
  bool Open() {
    LogOptions options = SmallOptions();
    options.segment_bytes = 1400;
    options.zero_step_bytes = 700;
    options.zeroed_batch_bytes_max = 700;  // so that the long records are written without zeros before them
    options.position_step_bytes = 700;
    auto opened = Log::Open(options, {{"sales", "log/sales", kPartitions}}, files_, clock_);
    if (!opened) return false;
    log_ = std::move(*opened);
    return true;
  }

  void Run() {
    int64_t row = 0;
    for (int step = 0; step < kSteps; ++step) {
      clock_.Advance(std::chrono::milliseconds(10));
      Attempt attempt;
      attempt.partition = step % 3 == 0 ? 1 : 0;
      const std::string name = std::to_string(step) + std::string(step % 4 == 1 ? 300 : 20, '.');
      attempt.values = {name + "a", name + "b"};
      if (step % 2 == 0) attempt.key = "key " + std::to_string(step);
      if (step % 5 == 4) attempt.values.clear();
      if (attempt.values.empty() || step % 3 == 1) {
        if (attempt.values.empty()) attempt.key.clear();
        attempt.position = SourcePosition{"file", "item", ++row, "detail"};
      }
      Send(std::move(attempt));
      if (step == 20) Retain();
    }
  }

  // The process ends here, whatever it was doing.
  void Crash(Loss loss) {
    files_.ResetCount();
    files_.Inject({.at = 0, .for_ever = true, .kind = Kind::kStop});
    log_.reset();
    files_.PowerCut(loss, random_);
  }

  void Check(const std::string& context) {
    SCOPED_TRACE(context);
    std::set<int64_t> seqs;
    for (int32_t partition = 0; partition < kPartitions; ++partition) CheckPartition(partition, &seqs);
  }

  // Everything that was not acknowledged and has a key is sent again, as a client does; then every such record is there
  // once.
  void SendAgain() {
    for (Attempt& attempt : attempts_) {
      if (attempt.key.empty()) continue;
      const std::optional<Appended> first = attempt.acknowledged;
      if (!first) attempt.position.reset();  // a client has none
      Append(attempt);
      ASSERT_TRUE(attempt.acknowledged) << attempt.key;
      if (!first) continue;
      EXPECT_TRUE(attempt.acknowledged->duplicate) << attempt.key;
      EXPECT_EQ(attempt.acknowledged->first, first->first);
      EXPECT_EQ(attempt.acknowledged->first_seq, first->first_seq);
    }
    std::map<std::string, int> seen;
    for (int32_t partition = 0; partition < kPartitions; ++partition) {
      for (const ReadRecord& record : Records(partition)) ++seen[record.value];
    }
    for (const auto& [value, times] : seen) EXPECT_EQ(times, 1) << value;
    for (const Attempt& attempt : attempts_) {
      if (attempt.key.empty() || attempt.acknowledged->first < Begin(attempt.partition)) continue;
      for (const std::string& value : attempt.values) EXPECT_EQ(seen[value], 1) << value;
    }
  }

  void ExpectSound() {
    const auto report = VerifyLog(files_, "/data");
    if (!report) {
      EXPECT_EQ(report.error().code(), ErrorCode::kNotFound);
      return;
    }
    EXPECT_TRUE(report->sound()) << RenderReport(*report);
  }

  // What a reader has seen stays, acknowledged or not.
  void CountOnWhatIsThere() {
    for (int32_t partition = 0; partition < kPartitions; ++partition) {
      for (const ReadRecord& record : Records(partition)) {
        for (Attempt& attempt : attempts_) {
          if (attempt.partition != partition || attempt.values.empty() || attempt.values[0] != record.value) continue;
          attempt.acknowledged = Appended{Offset{record.offset}, Seq{record.seq}};
        }
      }
    }
  }

  std::vector<PartitionStatus> Statuses() const { return log_->Partitions(kSales); }
  void Stop() { log_->Stop(); }
  bool anything_acknowledged() const {
    return std::any_of(attempts_.begin(), attempts_.end(),
                       [](const Attempt& attempt) { return attempt.acknowledged.has_value(); });
  }

 private:
  void Send(Attempt attempt) {
    Append(attempt);
    attempts_.push_back(std::move(attempt));
  }

  void Append(Attempt& attempt) {
    const auto appended = AppendValues(*log_, kSales, PartitionId{attempt.partition}, attempt.values, attempt.key,
                                       attempt.position ? &*attempt.position : nullptr);
    if (appended) attempt.acknowledged = *appended;
  }

  void Retain() {
    Positions low_water;
    for (const PartitionStatus& status : log_->Partitions(kSales)) low_water.push_back(status.end);
    low_water_ = low_water;
    const Status retained = log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 1500}, low_water);
    static_cast<void>(retained.has_value());  // may meet the fault; what it promises is checked below
  }

  Offset Begin(int32_t partition) const { return log_->Partitions(kSales)[static_cast<size_t>(partition)].begin; }

  std::vector<ReadRecord> Records(int32_t partition) {
    auto records = ReadToEnd(*log_, kSales, PartitionId{partition}, Begin(partition), 500);
    EXPECT_TRUE(records) << records.error().message();
    return records ? std::move(*records) : std::vector<ReadRecord>();
  }

  void CheckPartition(int32_t partition, std::set<int64_t>* seqs) {
    const std::vector<ReadRecord> records = Records(partition);
    const int64_t begin = Begin(partition).value;
    EXPECT_LE(begin, low_water_.empty() ? 0 : low_water_[static_cast<size_t>(partition)].value);
    int64_t seq_before = 0;
    for (size_t i = 0; i < records.size(); ++i) {
      EXPECT_EQ(records[i].offset, begin + static_cast<int64_t>(i));
      EXPECT_GT(records[i].seq, seq_before);
      seq_before = records[i].seq;
      EXPECT_TRUE(seqs->insert(records[i].seq).second);
    }
    EXPECT_LE(seq_before, log_->StableBelow(kSales).value);
    std::vector<std::string> sent;
    for (const Attempt& attempt : attempts_) {
      if (attempt.partition == partition) sent.insert(sent.end(), attempt.values.begin(), attempt.values.end());
    }
    // In the order in which they were sent, none twice.
    size_t at = 0;
    for (const ReadRecord& record : records) {
      while (at < sent.size() && sent[at] != record.value) ++at;
      ASSERT_LT(at, sent.size()) << "out of order, twice, or never sent: " << record.value;
      ++at;
    }
    int64_t position = 0;
    for (const Attempt& attempt : attempts_) {
      if (attempt.partition != partition || !attempt.acknowledged) continue;
      if (attempt.position) position = attempt.position->next;
      for (size_t i = 0; i < attempt.values.size(); ++i) {
        const int64_t offset = attempt.acknowledged->first.value + static_cast<int64_t>(i);
        if (offset < begin) continue;
        ASSERT_LT(offset - begin, std::ssize(records)) << "acknowledged and lost: " << attempt.values[i];
        EXPECT_EQ(records[static_cast<size_t>(offset - begin)].value, attempt.values[i]);
        EXPECT_EQ(records[static_cast<size_t>(offset - begin)].seq,
                  attempt.acknowledged->first_seq.value + static_cast<int64_t>(i));
      }
    }
    CheckPosition(partition, position, records);
  }

  // Not below what was acknowledged, and not beyond what is there: no row is lost and none repeated when the source
  // goes on.
  void CheckPosition(int32_t partition, int64_t acknowledged, const std::vector<ReadRecord>& records) {
    const auto found = log_->SourcePositions(kSales, "file", "item")[static_cast<size_t>(partition)];
    const int64_t next = found ? found->next : 0;
    EXPECT_GE(next, acknowledged);
    for (const Attempt& attempt : attempts_) {
      if (attempt.partition != partition || !attempt.position || attempt.values.empty() || attempt.acknowledged)
        continue;
      const bool there = std::any_of(records.begin(), records.end(),
                                     [&](const ReadRecord& record) { return record.value == attempt.values.back(); });
      if (there) {
        EXPECT_GE(next, attempt.position->next);
      } else {
        EXPECT_NE(next, attempt.position->next);
      }
    }
  }

  FaultFileSystem files_;
  ManualClock clock_{{1'000'000'000'000}};
  SeededRandom random_;
  std::unique_ptr<Log> log_;
  std::vector<Attempt> attempts_;
  Positions low_water_;
};

std::string Context(int64_t at, std::string_view what) {
  return std::string(what) + " at operation " + std::to_string(at);
}

// How many operations the whole workload takes.
int64_t OperationsInAll() {
  World world(0);
  EXPECT_TRUE(world.Open());
  world.Run();
  world.Stop();
  return world.files().operations();
}

TEST(Crash, TheWorkloadDoesWhatItIsMeantTo) {
  World world(0);
  ASSERT_TRUE(world.Open());
  world.Run();
  world.Check("no fault");
  EXPECT_GT(world.Statuses()[0].begin, Offset{0});
  const auto names = world.files().List("/data/log/sales/0").value();
  const auto count = [&](std::string_view suffix) {
    return std::count_if(names.begin(), names.end(), [&](const std::string& name) { return name.ends_with(suffix); });
  };
  EXPECT_GE(count(".log"), 2);
  EXPECT_GE(count(".snapshot"), 2);
  world.SendAgain();
  world.Stop();
  world.ExpectSound();
}

// The process is killed at the operation; what the next one reads must outlast a power cut.
TEST(Crash, WhatWasReadAfterAKillOutlastsAPowerCut) {
  const int64_t operations = OperationsInAll();
  for (int64_t at = 0; at < operations; ++at) {
    SCOPED_TRACE(Context(at, "killed"));
    World world(static_cast<uint64_t>(at));
    world.files().Inject({.at = at, .for_ever = true, .kind = Kind::kStop});
    if (world.Open()) world.Run();
    world.Crash(Loss::kNothing);
    ASSERT_TRUE(world.Open());
    world.CountOnWhatIsThere();
    world.SendAgain();
    world.Crash(at % 2 == 0 ? Loss::kUnsynced : Loss::kTear);
    ASSERT_TRUE(world.Open());
    world.Check("after the power cut");
    world.Stop();
    world.ExpectSound();
    if (testing::Test::HasFailure()) return;
  }
}

void StopEverywhere(Loss loss) {
  const int64_t operations = OperationsInAll();
  ASSERT_GT(operations, 100);
  for (int64_t at = 0; at < operations; ++at) {
    SCOPED_TRACE(Context(at, "stopped"));
    World world(static_cast<uint64_t>(at));
    world.files().Inject({.at = at, .for_ever = true, .kind = Kind::kStop});
    if (world.Open()) world.Run();
    world.Crash(loss);
    // The start after it is cut short, too.
    world.files().ResetCount();
    world.files().Inject({.at = at % 23, .for_ever = true, .kind = Kind::kStop});
    static_cast<void>(world.Open());
    world.Crash(loss);
    ASSERT_TRUE(world.Open());
    world.Check("after the start");
    world.SendAgain();
    world.Check("after sending again");
    world.Stop();
    world.ExpectSound();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Crash, AKillAtAnyOperationLosesNothing) { StopEverywhere(Loss::kNothing); }
TEST(Crash, APowerCutAtAnyOperationLosesNothingAcknowledged) { StopEverywhere(Loss::kUnsynced); }
TEST(Crash, ATornWriteAtAnyOperationLosesNothingAcknowledged) { StopEverywhere(Loss::kTear); }

void FailEverywhere(Kind kind, bool for_ever, Loss loss) {
  const int64_t operations = OperationsInAll();
  for (int64_t at = 0; at < operations; ++at) {
    SCOPED_TRACE(Context(at, "failed"));
    World world(static_cast<uint64_t>(at));
    world.files().Inject({.at = at, .for_ever = for_ever, .kind = kind});
    const bool open = world.Open();
    if (open) {
      world.Run();
      world.files().Heal();
      world.Check("while it runs");
    }
    world.Crash(loss);
    ASSERT_TRUE(world.Open());
    world.Check("after the start");
    world.SendAgain();
    world.Stop();
    world.ExpectSound();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Crash, AnyOperationMayFailOnce) {
  FailEverywhere(Kind::kFail, false, Loss::kNothing);
  FailEverywhere(Kind::kFail, false, Loss::kUnsynced);
  FailEverywhere(Kind::kFail, false, Loss::kTear);
}

TEST(Crash, AnyOperationMayFailForEver) {
  FailEverywhere(Kind::kFail, true, Loss::kUnsynced);
  FailEverywhere(Kind::kFail, true, Loss::kTear);
}

TEST(Crash, TheDiskMayBeFullForOneOperationOrForEver) {
  FailEverywhere(Kind::kNoSpace, false, Loss::kUnsynced);
  FailEverywhere(Kind::kNoSpace, true, Loss::kTear);
}

// Nobody restarts anything: as soon as there is space again, what failed is sent again and taken.
TEST(Crash, TheLogGoesOnByItselfWhenAFullDiskHasSpaceAgain) {
  const int64_t operations = OperationsInAll();
  for (int64_t at = 0; at < operations; ++at) {
    SCOPED_TRACE(Context(at, "full"));
    World world(static_cast<uint64_t>(at));
    world.files().Inject({.at = at, .for_ever = true, .kind = Kind::kNoSpace});
    if (!world.Open()) continue;  // too early: nothing was acknowledged
    world.Run();
    world.Check("while it is full");
    world.files().Heal();
    for (const PartitionStatus& status : world.Statuses()) EXPECT_FALSE(status.fenced) << status.fenced->message();
    world.SendAgain();
    world.Check("after it was full");
    world.Crash(Loss::kUnsynced);
    ASSERT_TRUE(world.Open());
    world.Check("after a power cut");
    world.Stop();
    world.ExpectSound();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(Crash, AnyWriteMayBeShort) {
  FailEverywhere(Kind::kShortWrite, false, Loss::kNothing);
  FailEverywhere(Kind::kShortWrite, false, Loss::kTear);
}

}  // namespace
}  // namespace tailrace::log
