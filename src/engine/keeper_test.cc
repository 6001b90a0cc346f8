#include "engine/keeper.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

#include "engine/rows_keeper.h"
#include "ports/testing/fake_document_store.h"

namespace tailrace::engine {
namespace {

// A batch that knows only how many rows it has.
class CountedRows final : public StreamBatch {
 public:
  explicit CountedRows(size_t rows) : rows_(rows) {}
  RowSink& rows() override { std::abort(); }
  void Stamp(PartitionId, Offset, Seq, int64_t, std::string_view) override {}
  size_t row_count() const override { return rows_; }
  size_t byte_count() const override { return rows_; }

 private:
  size_t rows_;
};

// Takes commits, refuses the rows and ranges it is told to, and remembers what it kept.
class ScriptedWarehouse final : public Warehouse {
 public:
  std::map<std::string, std::set<size_t>, std::less<>> bad_rows;  // by table
  size_t range_max = SIZE_MAX;                        // larger commits overflow, whatever their rows
  std::deque<Error> failures;                         // the next commits fail like this
  std::deque<Error> trial_failures;                   // and evaluations and projections like this
  size_t passing_trials = 0;                          // so many before the first of those
  std::map<std::string, std::vector<size_t>> kept;    // by table, in the order of the commits
  std::map<std::string, Flow> flows;                  // by table
  Positions positions;

  Result<std::vector<MaterializationState>> Adopt(const WarehousePlan&) override { return std::vector<MaterializationState>{}; }
  Result<std::unique_ptr<StreamBatch>> NewBatch(std::string_view) override { return std::make_unique<CountedRows>(0); }

  CommitResult Commit(const WarehouseCommit& commit) override {
    if (!failures.empty()) {
      const Error error = failures.front();
      failures.pop_front();
      return tl::unexpected(CommitError{error, ""});
    }
    for (const std::string& name : commit.names) {
      if (commit.range.end - commit.range.begin > range_max) return tl::unexpected(CommitError{Error::Invalid("overflow"), name});
      for (const size_t row : Taken(commit, name)) {
        if (bad_rows[name].contains(row)) return tl::unexpected(CommitError{Error::Invalid("cannot convert"), name});
      }
    }
    std::vector<Flow> after;
    for (const std::string& name : commit.names) {
      const std::vector<size_t> taken = Taken(commit, name);
      kept[name].insert(kept[name].end(), taken.begin(), taken.end());
      const auto emitted = static_cast<int64_t>(taken.size());
      const auto left_out = static_cast<int64_t>(commit.range.end - commit.range.begin) - emitted;
      flows[name] += Flow{commit.read, emitted, 0, commit.undecodable + left_out};
      after.push_back(flows[name]);
    }
    positions = commit.positions;
    return after;
  }

  Status Evaluate(std::string_view table, const StreamBatch&, const Trial& trial, RowRange* suspects) override {
    if (!trial_failures.empty() && passing_trials-- == 0) {
      const Error error = trial_failures.front();
      trial_failures.pop_front();
      return Fail(error);
    }
    const auto bad = bad_rows.find(table);
    for (size_t row = trial.range.begin; bad != bad_rows.end() && row < trial.range.end; ++row) {
      if (!bad->second.contains(row) || IsExcluded(trial, row)) continue;
      if (suspects != nullptr) *suspects = trial.rows_at_once == 1 ? RowRange{row, row + 1} : trial.range;
      return Fail(Error::Invalid("cannot convert row " + std::to_string(row)));
    }
    return {};
  }

  Result<std::vector<ProjectedDocument>> Project(std::string_view collection, const StreamBatch& batch, const Trial& trial,
                                                 RowRange* suspects) override {
    TR_RETURN_IF_ERROR(Evaluate(collection, batch, trial, suspects));
    std::vector<ProjectedDocument> documents;
    for (size_t row = trial.range.begin; row < trial.range.end; ++row) {
      if (IsExcluded(trial, row)) continue;
      ProjectedDocument document;
      if (row != 1) document.key = "k" + std::to_string(row);
      document.document = row == 2 ? "[1]" : R"({"n":1})";
      document.row = static_cast<int64_t>(row);
      documents.push_back(std::move(document));
    }
    return documents;
  }

  Result<QuerySummary> Query(const QueryRequest&, ResultSink&, std::stop_token) override { return QuerySummary{}; }
  Status BeginShadow(std::string_view) override { return {}; }
  Status FinishShadow(std::string_view) override { return {}; }
  Status Maintain(bool) override { return {}; }

 private:
  static bool IsExcluded(const Trial& trial, size_t row) { return std::binary_search(trial.excluded.begin(), trial.excluded.end(), row); }

  static std::vector<size_t> Taken(const WarehouseCommit& commit, const std::string& name) {
    std::set<size_t> excluded;
    for (const RowExclusion& exclusion : commit.exclusions) {
      if (exclusion.materialization == name) excluded.insert(exclusion.rows.begin(), exclusion.rows.end());
    }
    std::vector<size_t> rows;
    for (size_t row = commit.range.begin; row < commit.range.end; ++row) {
      if (!excluded.contains(row)) rows.push_back(row);
    }
    return rows;
  }
};

// Keeps appended values, and answers each append at once.
class MemoryLetters final : public EventLog {
 public:
  std::vector<std::string> values;
  std::deque<Error> failures;        // the next appends fail like this
  std::function<void()> appended;
  Status Append(const AppendRequest& request, AppendWaiter* waiter) override {
    if (!failures.empty()) {
      const Error error = failures.front();
      failures.pop_front();
      return Fail(error);
    }
    if (appended) appended();
    for (const NewRecord& record : request.records) values.emplace_back(record.value);
    waiter->OnAppended(Appended{});
    return {};
  }
  Result<std::vector<LogBatch>> Read(StreamId, PartitionId, Offset, size_t) override { return std::vector<LogBatch>{}; }
  Seq StableBelow(StreamId) override { return {}; }
  std::vector<PartitionStatus> Partitions(StreamId) const override { return {}; }
  Result<Offset> OffsetOfTime(StreamId, PartitionId, int64_t) override { return Offset{}; }
  std::vector<std::optional<SourcePosition>> SourcePositions(StreamId, std::string_view, std::string_view) override { return {}; }
  void Subscribe(StreamId, std::function<void()>) override {}
  void Stop() override {}
};

class KeeperTest : public ::testing::Test {
 protected:
  WorkItem Batch(size_t rows, std::vector<std::string> names) {
    auto batch = std::make_shared<DecodedBatch>();
    batch->stream = "sales";
    batch->run.before = {Offset{0}};
    batch->run.after = {Offset{static_cast<int64_t>(rows)}};
    for (size_t i = 0; i < rows; ++i) {
      OrderedRecord record;
      record.record.offset = Offset{static_cast<int64_t>(i)};
      record.record.value = "{}";
      batch->run.records.push_back(record);
      batch->run_index.push_back(i);
    }
    batch->rows = std::make_unique<CountedRows>(rows);
    for (const std::string& name : names) {
      MaterializationProgress progress;
      progress.name = name;
      progress.kind = "table";
      progress.stream = "sales";
      progress_.Add(progress);
      progress.kind = "collection";
      progress_.Add(progress);
    }
    return {batch, std::move(names), nullptr};
  }

  KeeperServices services() {
    return {warehouse_, documents_, dead_letters_, progress_, clock_, [this](std::string_view) { ++commits_; }};
  }

  ScriptedWarehouse warehouse_;
  testing::FakeDocumentStore documents_;
  MemoryLetters letters_;
  ManualClock clock_{WallTime{0}};
  DeadLetterWriter dead_letters_{letters_, clock_, [](std::string_view) { return std::optional(StreamId{0}); }};
  Progress progress_;
  int commits_ = 0;
};

TEST_F(KeeperTest, ARecordThatOneTableCannotTakeIsKeptByTheOthers) {
  warehouse_.bad_rows["revenue"] = {3, 7};
  TableKeeper keeper(services());
  keeper.Take(Batch(10, {"revenue", "lines"}), {});
  EXPECT_EQ(warehouse_.kept["revenue"], (std::vector<size_t>{0, 1, 2, 4, 5, 6, 8, 9}));
  EXPECT_EQ(warehouse_.kept["lines"].size(), 10U);
  ASSERT_EQ(letters_.values.size(), 2U);
  EXPECT_NE(letters_.values[0].find(R"("offset":3)"), std::string::npos);
  EXPECT_NE(letters_.values[0].find("cannot convert row 3"), std::string::npos);
  EXPECT_EQ(warehouse_.positions, (Positions{Offset{10}}));
}

TEST_F(KeeperTest, ABatchThatOnlyFailsWholeIsCommittedInPieces) {
  warehouse_.range_max = 3;
  TableKeeper keeper(services());
  keeper.Take(Batch(10, {"revenue"}), {});
  EXPECT_EQ(warehouse_.kept["revenue"], (std::vector<size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(letters_.values.empty());
}

TEST_F(KeeperTest, AFullDiskIsWaitedForAndBlamesNoRecord) {
  warehouse_.failures = {Error::Exhausted("no space left"), Error::Exhausted("no space left")};
  TableKeeper keeper(services());
  keeper.Take(Batch(4, {"revenue"}), {});
  EXPECT_EQ(warehouse_.kept["revenue"].size(), 4U);
  EXPECT_TRUE(letters_.values.empty());
  EXPECT_EQ(progress_.All().front().trouble, "");
}

TEST_F(KeeperTest, AFaultBetweenTwoPiecesRepeatsNoRow) {
  warehouse_.range_max = 2;
  warehouse_.failures = {};
  TableKeeper keeper(services());
  int seen = 0;
  KeeperServices failing = services();
  failing.committed = [&](std::string_view) {
    if (++seen == 2) warehouse_.failures = {Error::Unavailable("interrupted")};
  };
  TableKeeper(failing).Take(Batch(8, {"revenue"}), {});
  EXPECT_EQ(warehouse_.kept["revenue"], (std::vector<size_t>{0, 1, 2, 3, 4, 5, 6, 7}));
}

TEST_F(KeeperTest, ABugStopsTheTableAndSaysSo) {
  warehouse_.failures = {Error::Internal("broken")};
  TableKeeper keeper(services());
  keeper.Take(Batch(4, {"revenue"}), {});
  keeper.Take(Batch(4, {}), {});
  EXPECT_TRUE(warehouse_.kept["revenue"].empty());
  EXPECT_TRUE(progress_.All().front().stopped);
  EXPECT_EQ(progress_.All().front().trouble, "broken");
}

// What the machine does to a commit or to a search for bad records, and what is done about it.
const ErrorCode kOfTheMachine[] = {
    ErrorCode::kExhausted,    // memory, a full disk
    ErrorCode::kUnavailable,  // I/O, locks
    ErrorCode::kConflict,     // another transaction
    ErrorCode::kCancelled,    // an interrupt
};
const ErrorCode kForGood[] = {ErrorCode::kInternal, ErrorCode::kCorruption, ErrorCode::kNotFound};

TEST_F(KeeperTest, WhatTheMachineDoesToACommitIsTriedAgainAndMakesNoLetter) {
  for (const ErrorCode code : kOfTheMachine) {
    warehouse_.kept.clear();
    warehouse_.failures = {Error(code, "the machine"), Error(code, "the machine")};
    TableKeeper(services()).Take(Batch(4, {"revenue"}), {});
    EXPECT_EQ(warehouse_.kept["revenue"].size(), 4U) << ErrorCodeName(code);
    warehouse_.failures = {Error(code, "the machine")};
    RowsKeeper rows(services(), {});
    rows.Take(Batch(4, {"rows"}), {});
    rows.Flush({});
    EXPECT_EQ(warehouse_.kept["rows"].size(), 4U) << ErrorCodeName(code);
    EXPECT_TRUE(letters_.values.empty()) << ErrorCodeName(code);
    EXPECT_FALSE(progress_.Of("table", "revenue")->stopped) << ErrorCodeName(code);
  }
}

TEST_F(KeeperTest, WhatTheMachineDoesToTheSearchForBadRecordsCondemnsNoneButThem) {
  for (const ErrorCode code : kOfTheMachine) {
    for (size_t passes = 0; passes < 6; ++passes) {
      warehouse_.kept.clear();
      letters_.values.clear();
      warehouse_.bad_rows["revenue"] = {1, 6};
      warehouse_.passing_trials = passes;
      warehouse_.trial_failures = {Error(code, "the machine")};
      TableKeeper(services()).Take(Batch(8, {"revenue"}), {});
      EXPECT_EQ(warehouse_.kept["revenue"], (std::vector<size_t>{0, 2, 3, 4, 5, 7})) << ErrorCodeName(code) << passes;
      ASSERT_EQ(letters_.values.size(), 2U) << ErrorCodeName(code) << passes;
      EXPECT_NE(letters_.values[0].find(R"("offset":1)"), std::string::npos);
      EXPECT_NE(letters_.values[1].find(R"("offset":6)"), std::string::npos);
    }
  }
}

TEST_F(KeeperTest, WhatTheMachineDoesToADocumentIsTriedAgainAndMakesNoLetter) {
  ASSERT_TRUE(documents_.Adopt({CollectionPlan{"customers", "sales", MergeMode::kReplace, {}, "f", 1}}).has_value());
  for (const ErrorCode code : kOfTheMachine) {
    for (size_t passes = 0; passes < 3; ++passes) {
      letters_.values.clear();
      warehouse_.bad_rows["customers"] = {4};
      warehouse_.passing_trials = passes;
      warehouse_.trial_failures = {Error(code, "the machine")};
      documents_.disk().fail_next = Error(code, "the machine");
      CollectionKeeper(services(), {{"customers", {MergeMode::kReplace}}}).Take(Batch(6, {"customers"}), {});
      EXPECT_TRUE(documents_.Get("customers", "k5").has_value()) << ErrorCodeName(code);
      for (const std::string& letter : letters_.values) EXPECT_NE(letter.find(R"("offset":4)"), std::string::npos) << letter;
      EXPECT_FALSE(progress_.Of("collection", "customers")->stopped);
    }
  }
}

TEST_F(KeeperTest, WhatDoesNotPassInTimeStopsThatPartUntilItIsTriedAgainAndLosesNothing) {
  KeeperServices impatient = services();
  impatient.endurance = {std::chrono::milliseconds(0), std::chrono::seconds(7)};
  for (const ErrorCode code : kOfTheMachine) {
    const std::string name = "t_" + std::string(ErrorCodeName(code));
    TableKeeper tables(impatient);
    warehouse_.failures = {Error(code, "the machine")};
    const WorkItem first = Batch(4, {name});
    tables.Take(first, {});
    const auto stopped = *progress_.Of("table", name);
    EXPECT_TRUE(stopped.stopped);
    EXPECT_EQ(stopped.trouble, "the machine");
    EXPECT_EQ(stopped.again_at, clock_.Monotonic() + std::chrono::seconds(7));
    EXPECT_TRUE(stopped.positions.empty()) << "nothing is committed, so nothing is passed over";
    tables.Take(Batch(4, {}), {});
    tables.Take({first.batch, {name}, nullptr}, {});
    EXPECT_TRUE(warehouse_.kept[name].empty()) << "what has stopped takes nothing, whatever comes";

    tables.standing().TryAgain(name);
    warehouse_.failures = {Error(code, "the machine again"), Error(code, "must not be asked for")};
    tables.Take({first.batch, {name}, nullptr}, {});
    EXPECT_EQ(warehouse_.failures.size(), 1U) << "one try";
    EXPECT_EQ(progress_.Of("table", name)->trouble, "the machine again");
    warehouse_.failures.clear();

    tables.standing().TryAgain(name);
    tables.Take({first.batch, {name}, nullptr}, {});
    EXPECT_EQ(warehouse_.kept[name].size(), 4U);
    EXPECT_FALSE(progress_.Of("table", name)->stopped);
    EXPECT_EQ(progress_.Of("table", name)->trouble, "");
    EXPECT_TRUE(letters_.values.empty());
  }
}

TEST_F(KeeperTest, AfterOneHasBeenWaitedForTheOthersOfABatchAreTriedOnce) {
  KeeperServices impatient = services();
  impatient.endurance = {std::chrono::milliseconds(50), std::chrono::seconds(7)};
  RowsKeeper rows(impatient, {});
  for (int i = 0; i < 40; ++i) warehouse_.failures.push_back(Error::Exhausted("no space left"));
  rows.Take(Batch(4, {"a", "b"}), {});
  rows.Flush({});
  // 20 + 40 ms are more than 50: three tries of the first, and one of the second.
  EXPECT_EQ(warehouse_.failures.size(), 36U);
}

TEST_F(KeeperTest, WhatWaitingDoesNotMendStopsThatPartWithItsReasonAndNoOther) {
  ASSERT_TRUE(documents_.Adopt({CollectionPlan{"customers", "sales", MergeMode::kReplace, {}, "f", 1}}).has_value());
  for (const ErrorCode code : kForGood) {
    const std::string name(ErrorCodeName(code));
    TableKeeper tables(services());
    warehouse_.failures = {Error(code, "broken by " + name)};
    tables.Take(Batch(4, {"of_" + name}), {});
    EXPECT_TRUE(progress_.Of("table", "of_" + name)->stopped);
    EXPECT_EQ(progress_.Of("table", "of_" + name)->trouble, "broken by " + name);
    tables.Take(Batch(4, {"of_" + name, "beside_" + name}), {});
    EXPECT_EQ(warehouse_.kept["beside_" + name].size(), 4U);
    EXPECT_TRUE(warehouse_.kept["of_" + name].empty()) << "what has stopped stays where it is";

    warehouse_.bad_rows["bad_" + name] = {1};
    warehouse_.passing_trials = 0;
    warehouse_.trial_failures = {Error(code, "broken in the search")};
    tables.Take(Batch(4, {"bad_" + name}), {});
    EXPECT_EQ(progress_.Of("table", "bad_" + name)->trouble, "broken in the search");
    EXPECT_TRUE(progress_.Of("table", "bad_" + name)->stopped);

    RowsKeeper rows(services(), {});
    warehouse_.failures = {Error(code, "broken by " + name)};
    rows.Take(Batch(4, {"rows_" + name}), {});
    rows.Flush({});
    EXPECT_TRUE(warehouse_.kept["rows_" + name].empty());
  }
  CollectionKeeper collections(services(), {{"customers", {MergeMode::kReplace}}});
  documents_.disk().fail_next = Error::Corruption("page 7 is damaged");
  collections.Take(Batch(4, {"customers"}), {});
  EXPECT_EQ(progress_.Of("collection", "customers")->trouble, "page 7 is damaged");
  EXPECT_TRUE(progress_.Of("collection", "customers")->stopped);
  EXPECT_TRUE(letters_.values.empty());
}

TEST_F(KeeperTest, ATroubleIsTimedFromItsBeginningAndEndsWithTheNextCommit) {
  Batch(1, {"revenue"});
  progress_.SetTrouble("table", "revenue", "memory", clock_.Monotonic());
  const auto began = clock_.Monotonic();
  clock_.Advance(std::chrono::seconds(5));
  progress_.SetTrouble("table", "revenue", "memory again", clock_.Monotonic());
  EXPECT_EQ(progress_.Of("table", "revenue")->troubled_since, began);
  progress_.Advance("table", "revenue", {Offset{1}}, {});
  EXPECT_FALSE(progress_.Of("table", "revenue")->troubled_since.has_value());
}

TEST_F(KeeperTest, NothingIsCommittedBeforeItsLettersAreOnStableStorage) {
  warehouse_.bad_rows["revenue"] = {2};
  letters_.failures = {Error::Exhausted("no space left"), Error::Unavailable("fenced")};
  letters_.appended = [&] { EXPECT_TRUE(warehouse_.kept["revenue"].empty()); };
  TableKeeper(services()).Take(Batch(4, {"revenue"}), {});
  EXPECT_EQ(warehouse_.kept["revenue"], (std::vector<size_t>{0, 1, 3}));
  EXPECT_EQ(letters_.values.size(), 1U);
}

TEST_F(KeeperTest, DocumentsWithoutAKeyAreFilteredAndThoseThatCannotMergeAreLetters) {
  ASSERT_TRUE(documents_.Adopt({CollectionPlan{"customers", "sales", MergeMode::kAttributes, {}, "f", 1}}).has_value());
  warehouse_.bad_rows["customers"] = {4};
  CollectionKeeper keeper(services(), {{"customers", {MergeMode::kAttributes}}});
  keeper.Take(Batch(6, {"customers"}), {});
  EXPECT_TRUE(documents_.Get("customers", "k0").has_value());
  EXPECT_TRUE(documents_.Get("customers", "k5").has_value());
  EXPECT_FALSE(documents_.Get("customers", "k1").has_value());
  EXPECT_FALSE(documents_.Get("customers", "k2").has_value());
  EXPECT_FALSE(documents_.Get("customers", "k4").has_value());
  EXPECT_EQ(letters_.values.size(), 2U);
  const auto progress = progress_.All().back();
  EXPECT_EQ(progress.flow, (Flow{6, 3, 1, 2}));
  EXPECT_EQ(documents_.disk().collections.at("customers").flow, progress.flow);
}

TEST_F(KeeperTest, EveryRecordOfABatchIsCountedOnceHoweverItIsCommitted) {
  warehouse_.bad_rows["revenue"] = {3, 7};
  warehouse_.range_max = 3;
  const WorkItem whole = Batch(10, {"revenue", "lines"});
  // Two records that are in no row: one in the middle, one at the end.
  auto batch = std::make_shared<DecodedBatch>();
  batch->stream = "sales";
  batch->run = whole.batch->run;
  batch->run.records.insert(batch->run.records.begin() + 5, batch->run.records[0]);
  batch->run.records.push_back(batch->run.records[0]);
  batch->run.after = {Offset{12}};
  batch->run_index = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10};
  batch->faults = {{5, {}}, {11, {}}};
  batch->rows = std::make_unique<CountedRows>(10);
  TableKeeper keeper(services());
  keeper.Take({batch, {"revenue", "lines"}, nullptr}, {});
  EXPECT_EQ(warehouse_.flows["revenue"], (Flow{12, 8, 0, 4}));
  EXPECT_EQ(warehouse_.flows["lines"], (Flow{12, 10, 0, 2}));
  EXPECT_EQ(warehouse_.positions, (Positions{Offset{12}}));
}

}  // namespace
}  // namespace tailrace::engine
