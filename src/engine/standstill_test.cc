// What fails for a passing reason and does not pass: that part stops with its reason, the others and the log go on, and it goes on again by
// itself, with every record once.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/patience.h"
#include "ports/testing/append_and_wait.h"
#include "ports/testing/fake_document_store.h"
#include "ports/testing/fake_event_log.h"
#include "ports/testing/fake_warehouse.h"

namespace tailrace::engine {
namespace {

constexpr StreamId kSales{0};
constexpr StreamId kVisits{1};
constexpr PartitionId kOnly{0};
// Tried at once and again, then stopped, and tried each of these.
constexpr EnduranceLimits kShort{std::chrono::milliseconds(1), std::chrono::milliseconds(20)};
constexpr auto kPatience = std::chrono::seconds(60);

config::StreamSpec Stream(const std::string& name) {
  config::StreamSpec stream;
  stream.name = name;
  stream.schema.fields.push_back({"n", Type()});
  stream.schema.fields.back().type.kind = TypeKind::kInt;
  return stream;
}

config::TableSpec Table(const std::string& name, const std::string& stream) {
  config::TableSpec table;
  table.name = name;
  table.stream = stream;
  table.fingerprint = name;
  return table;
}

class StandstillTest : public ::testing::Test {
 protected:
  StandstillTest() : log_({1, 1, 1, 1}, SystemClock()) {
    pipeline_.name = "p";
    pipeline_.streams = {Stream("sales"), Stream("visits")};
    pipeline_.tables = {Table("sums", "sales"), Table("hits", "visits")};
    config::CollectionSpec collection;
    collection.name = "by_n";
    collection.stream = "sales";
    collection.fingerprint = "by_n";
    pipeline_.collections = {collection};
    warehouse_.disk().before_commit = [this](const WarehouseCommit& commit) -> Status {
      const std::lock_guard lock(mutex_);
      for (const std::string& name : commit.names) {
        if (name != fails_ || commit.kind != fails_kind_) continue;
        ++tries_;
        return Fail(Error::Unavailable("the disk does not answer"));
      }
      return {};
    };
  }
  ~StandstillTest() override {
    if (engine_ != nullptr) engine_->Stop();
    log_.Stop();
  }

  void Open(EnduranceLimits endurance = kShort) {
    EngineOptions options;
    options.endurance = endurance;
    StreamDirectory streams;
    streams["sales"] = {kSales, StreamId{2}};
    streams["visits"] = {kVisits, StreamId{3}};
    auto engine = Engine::Open(pipeline_, streams, log_, warehouse_, documents_, SystemClock(), options);
    ASSERT_TRUE(engine) << engine.error().message();
    engine_ = std::move(*engine);
    engine_->Start();
  }

  void Break(const std::string& name, MaterializationKind kind = MaterializationKind::kTable) {
    const std::lock_guard lock(mutex_);
    fails_ = name;
    fails_kind_ = kind;
  }
  void Mend() { Break(""); }
  int tries() {
    const std::lock_guard lock(mutex_);
    return tries_;
  }

  void Put(StreamId stream, int64_t from, int64_t to) {
    std::vector<std::string> values;
    for (int64_t n = from; n < to; ++n) values.push_back("{\"n\":" + std::to_string(n) + "}");
    ASSERT_TRUE(AppendValues(log_, stream, kOnly, values));
  }

  template <typename Condition>
  bool Until(const Condition& condition) {
    const auto ends = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() >= ends) return false;
      SleepUnlessStopped(1, {});
    }
    return true;
  }
  bool Reaches(const std::string& kind, const std::string& name, int64_t end) {
    return Until([&] { return Covers(engine_->progress().Of(kind, name)->positions, {Offset{end}}); });
  }
  std::vector<int64_t> Kept(const std::string& name) {
    std::vector<int64_t> offsets;
    for (const auto& record : warehouse_.disk().kept.find(name)->second.records) offsets.push_back(record.offset.value);
    return offsets;
  }

  config::Pipeline pipeline_;
  FakeEventLog log_;
  testing::FakeWarehouse warehouse_;
  testing::FakeDocumentStore documents_;
  std::unique_ptr<Engine> engine_;
  std::mutex mutex_;
  std::string fails_;  // protected by mutex_, as are the next two
  MaterializationKind fails_kind_ = MaterializationKind::kTable;
  int tries_ = 0;
};

TEST_F(StandstillTest, ATableWhoseDiskDoesNotAnswerStopsWithItsReasonWhileAllElseGoesOn) {
  Open();
  Break("sums");
  Put(kSales, 0, 5);
  ASSERT_TRUE(Until([&] { return engine_->progress().Of("table", "sums")->stopped; }));
  const auto stopped = *engine_->progress().Of("table", "sums");
  EXPECT_EQ(stopped.trouble, "the disk does not answer");
  EXPECT_TRUE(stopped.again_at.has_value());
  // More than its queue holds, so that whoever waited for it would be seen.
  for (int64_t i = 1; i < 20; ++i) {
    Put(kSales, 5 * i, 5 * i + 5);
    Put(kVisits, 5 * i - 5, 5 * i);
    ASSERT_TRUE(Reaches("rows", "sales", 5 * i + 5));
    ASSERT_TRUE(Reaches("collection", "by_n", 5 * i + 5));
    ASSERT_TRUE(Reaches("table", "hits", 5 * i));
  }
  EXPECT_EQ(engine_->progress().Of("table", "sums")->positions, (Positions{Offset{0}}));
  EXPECT_TRUE(engine_->WaitCaughtUp({}).error().message().find("table sums has stopped: the disk does not answer") != std::string::npos);

  const int before = tries();
  ASSERT_TRUE(Until([&] { return tries() >= before + 3; })) << "it is tried again and again";
  Mend();
  ASSERT_TRUE(Reaches("table", "sums", 100));
  EXPECT_FALSE(engine_->progress().Of("table", "sums")->stopped);
  EXPECT_TRUE(engine_->WaitCaughtUp({}));
  engine_->Stop();
  std::vector<int64_t> all(100);
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int64_t>(i);
  EXPECT_EQ(Kept("sums"), all) << "each record once, in the stream's order";
  EXPECT_EQ(warehouse_.disk().kept.find("sums")->second.flow.read, 100);
}

TEST_F(StandstillTest, StoredRowsStopAndGoOnLikeTables) {
  Open();
  Break("sales", MaterializationKind::kStoredRows);
  Put(kSales, 0, 3);
  ASSERT_TRUE(Until([&] { return engine_->progress().Of("rows", "sales")->stopped; }));
  Put(kSales, 3, 6);
  ASSERT_TRUE(Reaches("table", "sums", 6));
  Mend();
  ASSERT_TRUE(Reaches("rows", "sales", 6));
  engine_->Stop();
  EXPECT_EQ(Kept("sales"), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(StandstillTest, ARestartTriesItAtOnceWithoutLoss) {
  Open({std::chrono::milliseconds(1), std::chrono::hours(1)});
  Break("sums");
  Put(kSales, 0, 3);
  ASSERT_TRUE(Until([&] { return engine_->progress().Of("table", "sums")->stopped; }));
  Put(kSales, 3, 6);
  ASSERT_TRUE(Reaches("rows", "sales", 6));
  engine_->Stop();
  Mend();
  Open();
  ASSERT_TRUE(Reaches("table", "sums", 6));
  engine_->Stop();
  EXPECT_EQ(Kept("sums"), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(StandstillTest, ARebuildMendsWhatHasStopped) {
  class Nobody final : public RebuildListener {
   public:
    void OnProgress(const RebuildProgress&) override {}
    void OnDifference(const Difference&) override {}
  };
  Open({std::chrono::milliseconds(1), std::chrono::hours(1)});
  Break("sums");
  Put(kSales, 0, 3);
  ASSERT_TRUE(Until([&] { return engine_->progress().Of("table", "sums")->stopped; }));
  Nobody nobody;
  const auto rebuilt = engine_->Rebuild("sums", {}, nobody, {});
  ASSERT_TRUE(rebuilt) << rebuilt.error().message();
  EXPECT_FALSE(engine_->progress().Of("table", "sums")->stopped);
  Mend();
  Put(kSales, 3, 6);
  ASSERT_TRUE(Reaches("table", "sums", 6));
}

TEST_F(StandstillTest, AShadowThatCannotBeWrittenEndsItsRebuildAndNotTheLiveTable) {
  class Nobody final : public RebuildListener {
   public:
    void OnProgress(const RebuildProgress&) override {}
    void OnDifference(const Difference&) override {}
  };
  Open({std::chrono::milliseconds(1), std::chrono::hours(1)});
  Put(kSales, 0, 3);
  ASSERT_TRUE(Reaches("table", "sums", 3));
  Break("sums" + std::string(Warehouse::kShadowSuffix));
  Nobody nobody;
  const auto rebuilt = engine_->Rebuild("sums", {}, nobody, {});
  ASSERT_FALSE(rebuilt);
  EXPECT_NE(rebuilt.error().message().find("the disk does not answer"), std::string::npos) << rebuilt.error().message();
  Put(kSales, 3, 6);
  EXPECT_TRUE(Reaches("table", "sums", 6));
}

TEST_F(StandstillTest, AStreamThatCannotBeReadStopsWithItsReasonAndIsReadOnByItself) {
  Open();
  log_.FailReads(kSales, kOnly, Error::Unavailable("input/output error"));
  Put(kSales, 0, 3);
  ASSERT_TRUE(Until([&] {
    const auto troubles = engine_->progress().FeedTroubles();
    return !troubles.empty() && troubles.front().stopped;
  }));
  EXPECT_EQ(engine_->progress().WhyStopped("sales"), "stream sales cannot be read on: input/output error");
  EXPECT_FALSE(engine_->WaitCaughtUp({})) << "nobody waits for ever";
  Put(kVisits, 0, 3);
  EXPECT_TRUE(Reaches("table", "hits", 3));
  log_.MendReads(kSales, kOnly);
  EXPECT_TRUE(Reaches("table", "sums", 3));
  EXPECT_TRUE(Until([&] { return engine_->progress().FeedTroubles().empty(); }));
}

}  // namespace
}  // namespace tailrace::engine
