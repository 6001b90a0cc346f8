// The conservation law over the real parts: it holds after a run, and whatever is tampered with is found and named.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "app/runtime.h"
#include "config/load.h"
#include "engine/trace.h"
#include "sql/duckdb.h"
#include "sqlite/sqlite.h"

namespace tailrace::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPipeline = R"(pipeline: audited
streams:
  sales:
    key: id
    partitions: 2
    schema: {id: int, product: string?, quantity: string}
sources:
  file: {type: file, path: rows.jsonl, format: jsonl, into: sales}
tables:
  big: {sql: "SELECT product, sum(CAST(quantity AS INTEGER)) AS n FROM sales WHERE product <> 'pen' GROUP BY product"}
collections:
  products: {sql: "SELECT product AS key, json_object('q', quantity) AS document FROM sales", merge: attributes}
)";

class AuditTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tailrace-audit-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    std::ofstream(folder_ / "pipeline.yaml") << kPipeline;
    // 12 records: 4 pens, 4 cups, 2 without a product, 2 cups whose quantity is no number; and a line that is no record.
    std::ofstream rows(folder_ / "rows.jsonl");
    for (int id = 0; id < 4; ++id) rows << R"({"id":)" << id << R"(,"product":"pen","quantity":"1"})" << '\n';
    for (int id = 4; id < 8; ++id) rows << R"({"id":)" << id << R"(,"product":"cup","quantity":"2"})" << '\n';
    for (int id = 8; id < 10; ++id) rows << R"({"id":)" << id << R"(,"quantity":"3"})" << '\n';
    for (int id = 10; id < 12; ++id) rows << R"({"id":)" << id << R"(,"product":"cup","quantity":"many"})" << '\n';
    rows << "no record\n";
    rows.close();
    Run();
  }

  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Runtime> Open(bool read_sources) const {
    auto loaded = config::LoadPipeline(folder_, {.environment = [](std::string_view) { return std::nullopt; }});
    EXPECT_TRUE(loaded && loaded->pipeline);
    RuntimeOptions options;
    options.serve = false;
    options.read_sources = read_sources;
    auto runtime = Runtime::Open(std::move(*loaded->pipeline), std::move(options));
    EXPECT_TRUE(runtime) << runtime.error().message();
    return std::move(*runtime);
  }

  void Run() const {
    const auto runtime = Open(true);
    ASSERT_TRUE(runtime->Start());
    (void)runtime->WaitSources({}).has_value();
    ASSERT_TRUE(runtime->WaitCaughtUp({}));
    runtime->Stop();
  }

  engine::Audit Audit(bool recount) const {
    const auto runtime = Open(false);
    auto audit = recount ? runtime->auditor().Recount({}) : runtime->auditor().Now();
    EXPECT_TRUE(audit) << audit.error().message();
    return audit ? std::move(*audit) : engine::Audit();
  }

  static Flow FlowOf(const engine::Audit& audit, const std::string& name) {
    for (const auto& m : audit.materializations) {
      if (m.name == name) return m.flow;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }

  fs::path Data() const { return folder_ / ".tailrace"; }

  void InWarehouse(const std::string& sql) const {
    sql::DatabaseOptions options;
    options.path = (Data() / "warehouse.duckdb").string();
    auto database = sql::Database::Open(options);
    ASSERT_TRUE(database) << database.error().message();
    auto connection = *(*database)->Connect();
    const Status done = connection->Execute(sql);
    ASSERT_TRUE(done) << done.error().message();
  }

  void InDocuments(const std::string& sql) const {
    auto connection = sqlite::Connection::Open({(Data() / "documents.sqlite").string(), false, 0});
    ASSERT_TRUE(connection);
    ASSERT_TRUE((*connection)->Execute(sql));
  }

  // What the recount names, while the counters by themselves look right.
  std::string OnlyTheRecountFinds() const {
    EXPECT_EQ(Audit(false).FirstDifference(), "");
    return Audit(true).FirstDifference();
  }

  fs::path folder_;
};

TEST_F(AuditTest, EveryRecordIsCountedWhereItWent) {
  const engine::Audit audit = Audit(true);
  EXPECT_EQ(audit.FirstDifference(), "");
  ASSERT_EQ(audit.streams.size(), 1U);
  EXPECT_EQ(audit.streams[0].appended, 12);
  EXPECT_EQ(audit.streams[0].letters, 3);
  EXPECT_EQ(FlowOf(audit, "sales"), (Flow{12, 12, 0, 0}));
  EXPECT_EQ(FlowOf(audit, "big"), (Flow{12, 4, 6, 2}));
  EXPECT_EQ(FlowOf(audit, "products"), (Flow{12, 10, 2, 0}));
  for (const auto& m : audit.materializations) EXPECT_EQ(m.recount, m.flow) << m.name;
}

// Collects rows as JSON texts.
class Answer final : public ResultSink {
 public:
  std::string text;
  bool Begin(std::span<const ColumnInfo>) override { return true; }
  bool Row(std::span<const std::string_view> values) override {
    for (const std::string_view value : values) text += std::string(value) + " ";
    text += "| ";
    return true;
  }
};

TEST_F(AuditTest, TheLawAndTheLagAreRelations) {
  const auto runtime = Open(false);
  const auto ask = [&](const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    Answer answer;
    const auto asked = runtime->warehouse().Query(request, answer, {});
    return asked ? answer.text : "error: " + asked.error().message();
  };
  EXPECT_EQ(ask("SELECT name, read, emitted, filtered, dead_lettered, holds FROM tailrace.audit AS a WHERE a.kind = 'table'"),
            R"("big" 12 4 6 2 true | )");
  EXPECT_EQ(ask("SELECT sum(records), max(seconds) FROM Tailrace.Lag"), "0 0 | ");
  EXPECT_EQ(ask("SELECT count(*) FROM tailrace.audit JOIN tailrace.lag USING (kind, name)"), "3 | ");
  EXPECT_NE(ask("SELECT * FROM tailrace_system_audit()").find("error: "), std::string::npos);
  EXPECT_NE(ask("SELECT * FROM tailrace.nothing").find("error: "), std::string::npos);
}

TEST_F(AuditTest, ARecordIsTracedToAllThatIsMadeOfIt) {
  const auto runtime = Open(false);
  std::map<std::string, int> fates;  // "name fate" of all records
  std::string keys;
  std::string why;
  for (int32_t partition = 0; partition < 2; ++partition) {
    const int64_t end = runtime->log().Partitions(StreamId{0})[static_cast<size_t>(partition)].end.value;
    for (int64_t offset = 0; offset < end; ++offset) {
      const auto trace = engine::TraceRecord(runtime->auditor().subjects(), "sales", PartitionId{partition}, Offset{offset}, {});
      ASSERT_TRUE(trace) << trace.error().message();
      ASSERT_EQ(trace->materializations.size(), 3U);
      for (const auto& m : trace->materializations) {
        ++fates[m.name + " " + std::string(engine::FateName(m.fate))];
        EXPECT_TRUE(m.commit) << m.name;
        if (m.commit) {
          EXPECT_GE(m.commit->number, 1);
        }
        for (const std::string& key : m.keys) keys += key + " ";
        if (m.fate == engine::Fate::kDeadLettered) why = m.reason;
      }
    }
    EXPECT_EQ(engine::TraceRecord(runtime->auditor().subjects(), "sales", PartitionId{partition}, Offset{end}, {}).error().code(), ErrorCode::kNotFound);
  }
  const std::map<std::string, int> expected{{"sales emitted", 12},      {"big emitted", 4},        {"big filtered", 6},
                                            {"big dead_lettered", 2},   {"products emitted", 10},  {"products filtered", 2}};
  EXPECT_EQ(fates, expected);
  EXPECT_NE(keys.find("cup "), std::string::npos);
  EXPECT_NE(why.find("many"), std::string::npos) << why;
  EXPECT_EQ(engine::TraceRecord(runtime->auditor().subjects(), "others", PartitionId{0}, Offset{0}, {}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(engine::TraceRecord(runtime->auditor().subjects(), "sales", PartitionId{2}, Offset{0}, {}).error().code(), ErrorCode::kNotFound);
}

TEST_F(AuditTest, ACounterThatBreaksTheLawIsFoundAtOnce) {
  for (const std::string term : {"read", "emitted", "filtered", "dead_lettered"}) {
    InWarehouse("UPDATE _tailrace.table_commits SET " + term + " = " + term + " + 1");
    EXPECT_NE(Audit(false).FirstDifference().find("table big of stream sales: read "), std::string::npos) << term;
    InWarehouse("UPDATE _tailrace.table_commits SET " + term + " = " + term + " - 1");
    InDocuments("UPDATE commits SET " + term + " = " + term + " + 1");
    EXPECT_NE(Audit(false).FirstDifference().find("collection products of stream sales: read "), std::string::npos) << term;
    InDocuments("UPDATE commits SET " + term + " = " + term + " - 1");
  }
  EXPECT_EQ(Audit(true).FirstDifference(), "");
}

TEST_F(AuditTest, CountersThatAgreeOnAWrongSumAreFoundByTheRecount) {
  InWarehouse("UPDATE _tailrace.table_commits SET emitted = emitted + 1, filtered = filtered - 1");
  EXPECT_EQ(OnlyTheRecountFinds(), "table big of stream sales: filtered 5 by its counters, 6 by the log");
  InWarehouse("UPDATE _tailrace.table_commits SET emitted = emitted - 1, filtered = filtered + 1");
  InDocuments("UPDATE commits SET dead_lettered = dead_lettered + 1, filtered = filtered - 1");
  EXPECT_EQ(OnlyTheRecountFinds(), "collection products of stream sales: dead-lettered 1 by its counters, 0 by the log");
  InDocuments("UPDATE commits SET dead_lettered = dead_lettered - 1, filtered = filtered + 1");
  InWarehouse("UPDATE _tailrace.row_commits SET read = read + 1, emitted = emitted + 1");
  EXPECT_EQ(OnlyTheRecountFinds(), "rows sales of stream sales: read 13 by its counters, 12 by the log");
}

TEST_F(AuditTest, PositionsBeyondTheLogAreFound) {
  InDocuments("UPDATE commits SET positions = '100 100', read = 200, filtered = 190");
  EXPECT_NE(Audit(false).FirstDifference().find("has consumed partition 0 up to offset 100, and the log ends at "), std::string::npos)
      << Audit(false).FirstDifference();
}

TEST_F(AuditTest, ALetterThatIsGoneIsFound) {
  fs::remove_all(Data() / "dlq");
  const std::string found = OnlyTheRecountFinds();
  EXPECT_NE(found.find("table big of stream sales: record sales/"), std::string::npos) << found;
  EXPECT_NE(found.find("cannot be taken, and is in no dead letter"), std::string::npos) << found;
}

TEST_F(AuditTest, ALogThatLostItsRecordsIsFound) {
  fs::remove_all(Data() / "log");
  const std::string found = Audit(false).FirstDifference();
  EXPECT_NE(found.find("and the log ends at 0"), std::string::npos) << found;
}

}  // namespace
}  // namespace tailrace::app
