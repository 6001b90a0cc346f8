// Records that were sent again take their turn in the stream's one order, whoever is fed, from wherever, in batches of any size.
#include "engine/stream_feed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "engine/append_call.h"
#include "ports/testing/fake_event_log.h"
#include "ports/testing/fake_warehouse.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kRecords{0};
constexpr StreamId kLetters{1};
constexpr int32_t kPartitions = 2;

// What went into the logs: a record of the stream, or one sent again to a table.
struct Event {
  int64_t seq = 0;
  std::string to;           // of a redrive; empty: a record
  PartitionId partition;    // of a record
  Offset after;             // the place behind it, in its partition or in the dead-letter log
};

// Where somebody stands who has taken the first `events` of them.
struct Stand {
  Positions positions = Positions(kPartitions);
  Offset letters;
};

class StreamFeedTest : public ::testing::Test {
 protected:
  StreamFeedTest() { Clear(); }

  void Clear() {
    log_ = std::make_unique<FakeEventLog>(std::vector<int32_t>{kPartitions, 1}, clock_);
    index_ = std::make_unique<LetterIndex>(*log_, kLetters);
    events_.clear();
    WarehousePlan plan;
    StreamPlan& stream = plan.streams.emplace_back();
    stream.name = "numbers";
    stream.partitions = kPartitions;
    ASSERT_TRUE(warehouse_.Adopt(plan).has_value());
  }

  void Append(int32_t partition) {
    const std::vector<NewRecord> records{{R"({"n":1})", std::nullopt}};
    AppendRequest request;
    request.stream = kRecords;
    request.partition = PartitionId{partition};
    request.records = records;
    const auto appended = AppendAndWait(*log_, request);
    events_.push_back({appended->first_seq.value, "", PartitionId{partition}, appended->first.Plus(1)});
  }

  static std::string RedriveOf(const std::string& table) {
    LetterEntry entry;
    entry.kind = LetterKind::kRedrive;
    entry.letter.stage = Stage::kTable;
    entry.letter.stream = "numbers";
    entry.letter.materialization = table;
    entry.letter.partition = PartitionId{0};
    entry.letter.raw = R"({"n":2})";
    return RedriveJson(entry);
  }

  void SendAgain(const std::string& table) {
    const auto appended = AppendLetter(RedriveOf(table));
    events_.push_back({appended.first_seq.value, table, {}, appended.first.Plus(1)});
  }

  Appended AppendLetter(const std::string& value) {
    const std::vector<NewRecord> records{{value, std::nullopt}};
    AppendRequest request;
    request.stream = kLetters;
    request.records = records;
    return *AppendAndWait(*log_, request);
  }

  Stand StandAfter(size_t events) const {
    Stand stand;
    for (size_t i = 0; i < events; ++i) {
      if (events_[i].to.empty()) {
        stand.positions[static_cast<size_t>(events_[i].partition.value)] = events_[i].after;
      } else {
        stand.letters = events_[i].after;
      }
    }
    return stand;
  }

  // What a table that stands there has to get, by the number under which each came; of a redrive, negative.
  std::vector<int64_t> Due(const std::string& table, size_t from) const {
    std::vector<int64_t> due;
    for (size_t i = from; i < events_.size(); ++i) {
      if (events_[i].to.empty()) due.push_back(events_[i].seq);
      if (events_[i].to == table) due.push_back(-events_[i].seq);
    }
    return due;
  }

  std::unique_ptr<StreamFeed> NewFeed(FeedLimits limits = {}) {
    Schema schema;
    schema.fields.push_back({"n", Type()});
    schema.fields.back().type.kind = TypeKind::kInt;
    const auto choose = [](const Materialization& taker, const std::vector<OrderedRecord>& sent) -> Result<std::vector<bool>> {
      std::vector<bool> chosen;
      for (const OrderedRecord& record : sent) chosen.push_back(record.sent->entry.letter.materialization == taker.name);
      return chosen;
    };
    return std::make_unique<StreamFeed>("numbers", kRecords, *log_, warehouse_, *RecordDecoder::Compile(schema, ""), limits,
                                        SentAgain{kLetters, index_.get(), choose});
  }

  void Add(StreamFeed& feed, const std::string& table, size_t events) {
    const Stand stand = StandAfter(events);
    feed.Add({WorkKind::kTable, table}, stand.positions, stand.letters);
  }

  // One batch, noted for those who take it.
  bool Step(StreamFeed& feed, const FeedPlace* until = nullptr) {
    const auto fed = feed.Step(
        [this](const std::shared_ptr<const DecodedBatch>& batch, const std::vector<Materialization>& takers) -> Status {
          for (const Materialization& taker : takers) {
            std::vector<int64_t>& got = got_[taker.name];
            for (const OrderedRecord& record : batch->run.records) {
              EXPECT_EQ(batch->letters.has_value(), record.sent != nullptr) << "a batch holds the one or the other";
              got.push_back(record.sent == nullptr ? record.record.seq.value : -SeqOfEntry(record.sent->at));
            }
          }
          return {};
        },
        until);
    EXPECT_TRUE(fed.has_value());
    return fed.value_or(false);
  }

  int64_t SeqOfEntry(Offset at) const {
    for (const Event& event : events_) {
      if (!event.to.empty() && event.after == at.Plus(1)) return event.seq;
    }
    return 0;
  }

  ManualClock clock_{WallTime{0}};
  testing::FakeWarehouse warehouse_;
  std::unique_ptr<FakeEventLog> log_;
  std::unique_ptr<LetterIndex> index_;
  std::vector<Event> events_;
  std::map<std::string, std::vector<int64_t>> got_;
};

TEST_F(StreamFeedTest, ARecordSentAgainComesAfterWhatWasThereAndBeforeWhatCameLater) {
  Append(0);
  Append(1);
  SendAgain("sums");
  Append(0);
  const auto feed = NewFeed();
  Add(*feed, "sums", 0);
  Add(*feed, "lines", 0);
  while (Step(*feed)) {
  }
  EXPECT_EQ(got_["sums"], (std::vector<int64_t>{1, 2, -3, 4}));
  EXPECT_EQ(got_["lines"], (std::vector<int64_t>{1, 2, 4})) << "it is not meant for this one";
  EXPECT_EQ(feed->Lowest().records, (Positions{Offset{2}, Offset{1}}));
  EXPECT_EQ(feed->Lowest().redrives, 1) << "this one has passed it as well";
}

TEST_F(StreamFeedTest, LettersThemselvesAndEntriesOfOtherKindsAreNotFed) {
  Append(0);
  AppendLetter(SettledJson("numbers", "table/sums/numbers/0/0", clock_.Now()));
  AppendLetter(ResumedJson("numbers", clock_.Now()));
  AppendLetter("\"a gap\"");
  Append(0);
  const auto feed = NewFeed();
  Add(*feed, "sums", 0);
  while (Step(*feed)) {
  }
  EXPECT_EQ(got_["sums"].size(), 2U);
}

TEST_F(StreamFeedTest, WhatComesAfterARedriveWaitsUntilThatIsOnStableStorage) {
  Append(0);
  log_->Hold(kLetters, PartitionId{0});
  const std::string entry = RedriveOf("sums");
  const std::vector<NewRecord> records{{entry, std::nullopt}};
  AppendRequest request;
  request.stream = kLetters;
  request.records = records;
  AppendCall call;
  ASSERT_TRUE(call.Submit(*log_, request).has_value());
  Append(0);
  const auto feed = NewFeed();
  Add(*feed, "sums", 0);
  while (Step(*feed)) {
  }
  EXPECT_EQ(got_["sums"], std::vector<int64_t>{1}) << "the redrive has number 2, and nobody may pass it yet";
  log_->Release(kLetters, PartitionId{0});
  const auto appended = call.Wait();
  events_.push_back({appended->first_seq.value, "sums", {}, appended->first.Plus(1)});
  while (Step(*feed)) {
  }
  EXPECT_EQ(got_["sums"], (std::vector<int64_t>{1, -2, 3}));
}

TEST_F(StreamFeedTest, UntilAPlaceNoRedriveBeyondItIsFed) {
  Append(0);
  SendAgain("sums");
  SendAgain("sums");
  Append(0);
  const auto feed = NewFeed();
  Add(*feed, "sums", 0);
  const FeedPlace until{{Offset{1}, Offset{0}}, 1};
  while (Step(*feed, &until)) {
  }
  EXPECT_EQ(got_["sums"], (std::vector<int64_t>{1, -2}));
  EXPECT_EQ(feed->Lowest(), until);
}

// Tables that stand at any places, fed in batches of any size: each gets what it is due, in the one order.
TEST_F(StreamFeedTest, WhoeverStandsWhereverGetsTheOneOrder) {
  std::mt19937_64 random(11);
  const std::vector<std::string> tables = {"a", "b", "c"};
  for (int round = 0; round < 300; ++round) {
    Clear();
    got_.clear();
    const auto grow = [&](size_t events) {
      for (size_t i = 0; i < events; ++i) {
        if (random() % 3 == 0) {
          SendAgain(tables[random() % tables.size()]);
        } else {
          Append(static_cast<int32_t>(random() % kPartitions));
        }
      }
    };
    grow(random() % 40);
    ASSERT_TRUE(index_->Refresh().has_value());
    const auto feed = NewFeed({1 + random() % 6, 1 + random() % 40});
    std::map<std::string, size_t> from;
    for (const std::string& table : tables) {
      from[table] = events_.empty() ? 0 : random() % events_.size();
      Add(*feed, table, from[table]);
    }
    for (int more = 0; more < 3; ++more) {
      for (uint64_t steps = random() % 5; steps > 0 && Step(*feed); --steps) {
      }
      grow(random() % 10);
    }
    while (Step(*feed)) {
    }
    for (const std::string& table : tables) ASSERT_EQ(got_[table], Due(table, from[table])) << "round " << round << ", table " << table;
  }
}

}  // namespace
}  // namespace tailrace::engine
