// Many threads at once; also to be run under TSan.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>
#include <vector>

#include "log/testing/log_fixture.h"

namespace tailrace::log {
namespace {

constexpr int kAppenders = 4;
constexpr int kAppendsEach = 300;

class ConcurrentUse : public LogFixture {
 protected:
  ConcurrentUse() {
    options_.segment_bytes = 20000;
    Open();
  }
};

// Appends `kAppendsEach` times to both partitions, a few of them outstanding at a time.
void AppendMany(Log& log, int thread) {
  constexpr size_t kOutstanding = 8;
  std::vector<AwaitedAppend> waiters(kAppendsEach);
  for (int i = 0; i < kAppendsEach; ++i) {
    const auto index = static_cast<size_t>(i);
    if (index >= kOutstanding) {
      ASSERT_TRUE(waiters[index - kOutstanding].Wait());
    }
    const std::string name = std::to_string(thread) + "/" + std::to_string(i);
    const std::vector<std::string> values{name + "a", name + "b"};
    const auto records = RecordsOf(values);
    const SourcePosition position{"thread " + std::to_string(thread), "", i, ""};
    ASSERT_TRUE(log.Append({kSales, PartitionId{i % 2}, records, name, &position}, &waiters[index]));
  }
  for (AwaitedAppend& waiter : waiters) ASSERT_TRUE(waiter.Wait());
}

// Reads the stream in its one order while it grows, as the engine does.
class Follower {
 public:
  explicit Follower(Log& log) : log_(log) {}

  void Follow() {
    const Seq stable = log_.StableBelow(kSales);
    std::vector<LogRecord> merged;
    std::vector<LogBatch> held;
    for (int32_t partition = 0; partition < 2; ++partition) Collect(partition, stable, &merged, &held);
    std::sort(merged.begin(), merged.end(), [](const LogRecord& a, const LogRecord& b) { return a.seq < b.seq; });
    for (const LogRecord& record : merged) {
      // Nothing may turn up below what was passed.
      EXPECT_GT(record.seq, newest_);
      newest_ = record.seq;
      ++seen_;
    }
  }
  int seen() const { return seen_; }

 private:
  void Collect(int32_t partition, Seq stable, std::vector<LogRecord>* merged, std::vector<LogBatch>* held) {
    Offset& next = next_[static_cast<size_t>(partition)];
    while (true) {
      auto batches = log_.Read(kSales, PartitionId{partition}, next, 4096);
      ASSERT_TRUE(batches) << batches.error().message();
      if (batches->empty()) return;
      for (LogBatch& batch : *batches) {
        for (const LogRecord& record : batch.records) {
          if (record.seq >= stable) return;
          merged->push_back(record);
          next = record.offset.Plus(1);
        }
        held->push_back(std::move(batch));
      }
    }
  }

  Log& log_;
  Offset next_[2];
  Seq newest_;
  int seen_ = 0;
};

TEST_F(ConcurrentUse, ReadersSeeOneOrderWhileManyAppend) {
  std::atomic<bool> done{false};
  Follower follower(*log_);
  std::thread reader([&] {
    while (!done) follower.Follow();
    follower.Follow();
  });
  std::vector<std::thread> appenders;
  for (int thread = 0; thread < kAppenders; ++thread)
    appenders.emplace_back([this, thread] { AppendMany(*log_, thread); });
  for (std::thread& thread : appenders) thread.join();
  done = true;
  reader.join();
  EXPECT_EQ(follower.seen(), kAppenders * kAppendsEach * 2);
  CrashAndOpen(FaultFileSystem::Loss::kUnsynced);
  std::map<std::string, int64_t> newest;
  const auto records = ReadToEnd(*log_, kSales, kFirst);
  ASSERT_TRUE(records);
  for (const ReadRecord& record : *records) {
    const size_t slash = record.value.find('/');
    const int64_t number = std::stoll(record.value.substr(slash + 1));
    int64_t& before = newest.try_emplace(record.value.substr(0, slash), -1).first->second;
    EXPECT_GE(number, before) << "one thread's appends stay in order";
    before = number;
  }
  EXPECT_EQ(newest.size(), static_cast<size_t>(kAppenders));
}

TEST_F(ConcurrentUse, TheSameKeyFromManyThreadsIsAppendedOnce) {
  std::atomic<int> first{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kAppenders; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto appended = AppendValues(*log_, kSales, kFirst, {std::to_string(i)}, "key " + std::to_string(i));
        ASSERT_TRUE(appended);
        if (!appended->duplicate) ++first;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(first, 50);
  EXPECT_EQ(Values().size(), 50u);
}

TEST_F(ConcurrentUse, StopTellsEveryWaiterThatWasTaken) {
  std::atomic<int> taken{0};
  std::atomic<int> told{0};
  class Counting final : public AppendWaiter {
   public:
    explicit Counting(std::atomic<int>& count) : count_(count) {}
    void OnAppended(const Result<Appended>& result) override {
      EXPECT_TRUE(result);
      ++count_;
    }

   private:
    std::atomic<int>& count_;
  };
  Counting waiter(told);
  std::atomic<bool> refused{false};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kAppenders; ++thread) {
    threads.emplace_back([&] {
      const auto records = RecordsOf({"a"});
      while (log_->Append({kSales, kFirst, records}, &waiter)) ++taken;
      refused = true;
    });
  }
  while (taken < 1000) std::this_thread::yield();
  log_->Stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(refused);
  EXPECT_EQ(told, taken);
  CrashAndOpen(FaultFileSystem::Loss::kUnsynced);
  EXPECT_EQ(std::ssize(Values()), taken);
}

TEST_F(ConcurrentUse, RetentionAndReadersDoNotHurtEachOther) {
  std::atomic<bool> done{false};
  std::thread retaining([&] {
    while (!done) {
      Positions low_water;
      for (const PartitionStatus& status : log_->Partitions(kSales)) low_water.push_back(status.end);
      ASSERT_TRUE(log_->Retain(kSales, {.older_than_ms = 0, .bytes_max = 40000}, low_water));
    }
  });
  std::thread reading([&] {
    Offset next;
    while (!done) {
      const auto batches = log_->Read(kSales, kFirst, next, 4096);
      if (!batches) {
        ASSERT_EQ(batches.error().code(), ErrorCode::kNotFound) << batches.error().message();
        next = log_->Partitions(kSales)[0].begin;
        continue;
      }
      for (const LogBatch& batch : *batches) next = batch.records.back().offset.Plus(1);
      static_cast<void>(log_->OffsetOfTime(kSales, kFirst, 1));
    }
  });
  AppendMany(*log_, 0);
  AppendMany(*log_, 1);
  done = true;
  retaining.join();
  reading.join();
}

}  // namespace
}  // namespace tailrace::log
