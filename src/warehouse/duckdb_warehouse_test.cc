#include "warehouse/duckdb_warehouse.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "ports/testing/warehouse_contract.h"
#include "sql/duckdb.h"

namespace tailrace::warehouse {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "warehouse-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string File() const { return path_ / "warehouse.duckdb"; }

 private:
  std::filesystem::path path_;
};

std::unique_ptr<Warehouse> OpenWarehouse(const DuckDbWarehouseOptions& options) {
  auto warehouse = OpenDuckDbWarehouse(options);
  EXPECT_TRUE(warehouse) << warehouse.error().message();
  return std::move(*warehouse);
}

class DuckDbHarness final : public tailrace::testing::WarehouseHarness {
 public:
  std::unique_ptr<Warehouse> Open() override {
    DuckDbWarehouseOptions options;
    options.path = folder_.File();
    options.compaction_rows_min = 1;
    options.checkpoint_bytes_min = 0;
    return OpenWarehouse(options);
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace
}  // namespace tailrace::warehouse

namespace tailrace::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(DuckDb, WarehouseContract, ::testing::Values([]() -> std::unique_ptr<WarehouseHarness> {
                           return std::make_unique<warehouse::DuckDbHarness>();
                         }));

}  // namespace
}  // namespace tailrace::testing

namespace tailrace::warehouse {
namespace {

class Answer final : public ResultSink {
 public:
  bool Begin(std::span<const ColumnInfo> columns) override {
    for (const ColumnInfo& column : columns) names.append(names.empty() ? "" : ",").append(column.name);
    return !stop_at_begin;
  }
  bool Row(std::span<const std::string_view> values) override {
    if (!text.empty()) text += "; ";
    for (size_t i = 0; i < values.size(); ++i) text.append(i > 0 ? "," : "").append(values[i]);
    return ++rows != rows_wanted;
  }

  std::string names;
  std::string text;
  bool stop_at_begin = false;
  size_t rows = 0;
  size_t rows_wanted = 0;
};

// A small shop: sales with a product, a quantity as text and a price.
class DuckDbWarehouseTest : public ::testing::Test {
 protected:
  DuckDbWarehouseTest() {
    options_.path = folder_.File();
    options_.compaction_rows_min = 100;
    options_.checkpoint_bytes_min = 0;
    options_.fault = [this](FaultPoint point, sql::Connection& connection) -> Status {
      return fault_ ? fault_(point, connection) : Status();
    };

    StreamPlan& sales = plan_.streams.emplace_back();
    sales.name = "sales";
    sales.schema.fields = {FieldOf("product", TypeKind::kString), FieldOf("quantity", TypeKind::kString),
                           FieldOf("price", TypeKind::kDecimal)};
    sales.needs_record = true;
    AddTable("revenue",
             "SELECT product, sum(quantity::BIGINT * price) AS amount, count(*) AS lines FROM sales GROUP BY ALL");
    AddTable("lines", "SELECT product, price * 2 AS doubled, _seq FROM sales");
    plan_.views.push_back({"best", "SELECT product FROM revenue ORDER BY amount DESC LIMIT 1"});
    plan_.views.push_back({"clock", "SELECT now() AS t FROM revenue LIMIT 1"});
    plan_.projections.push_back({"products", "sales",
                                 "SELECT product AS key, json_object('q', quantity, 'p', price) AS document, quantity "
                                 "FROM sales WHERE quantity <> 'skip'"});
  }

  static Field FieldOf(std::string name, TypeKind kind) {
    Field field;
    field.name = std::move(name);
    field.type.kind = kind;
    field.type.nullable = true;
    field.type.width = 12;
    field.type.scale = 3;
    return field;
  }

  void AddTable(const std::string& name, const std::string& sql) {
    TablePlan& table = plan_.tables.emplace_back();
    table.name = name;
    table.stream = "sales";
    table.sql = sql;
    table.fingerprint = sql;
  }

  void Open() {
    warehouse_.reset();
    warehouse_ = OpenWarehouse(options_);
    auto states = warehouse_->Adopt(plan_);
    ASSERT_TRUE(states) << states.error().message();
    states_ = std::move(*states);
  }

  struct Sale {
    std::string product;
    std::string quantity = "1";
    int64_t price_thousandths = 1000;
  };

  std::unique_ptr<StreamBatch> Batch(const std::vector<Sale>& sales) {
    auto batch = std::move(*warehouse_->NewBatch("sales"));
    for (const Sale& sale : sales) {
      batch->rows().BeginRow();
      batch->rows().Column(0).String(sale.product);
      batch->rows().Column(1).String(sale.quantity);
      batch->rows().Column(2).Decimal(sale.price_thousandths);
      ++seq_;
      batch->Stamp(PartitionId{0}, Offset{seq_ - 1}, Seq{seq_}, 1000, R"({"product":")" + sale.product + "\"}");
      batch->rows().CommitRow();
    }
    return batch;
  }

  WarehouseCommit CommitOf(const StreamBatch& batch, std::vector<std::string> names,
                           MaterializationKind kind = MaterializationKind::kTable) const {
    WarehouseCommit commit;
    commit.batch = &batch;
    commit.range = {0, batch.row_count()};
    commit.kind = kind;
    commit.names = std::move(names);
    commit.positions = {Offset{seq_}};
    return commit;
  }

  void Keep(const std::vector<Sale>& sales) {
    auto batch = Batch(sales);
    auto tables = warehouse_->Commit(CommitOf(*batch, {"revenue", "lines"}));
    ASSERT_TRUE(tables) << tables.error().error.message();
    auto rows = warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows));
    ASSERT_TRUE(rows) << rows.error().error.message();
  }

  std::string Ask(const std::string& sql) {
    QueryRequest request;
    request.sql = sql;
    request.trusted = true;
    return Ask(request);
  }

  std::string Ask(const QueryRequest& request) {
    Answer answer;
    auto summary = warehouse_->Query(request, answer, {});
    if (!summary) return "error: " + std::string(ErrorCodeName(summary.error().code()));
    summary_ = *summary;
    return answer.text;
  }

  int64_t PositionOf(const std::string& name) {
    for (const MaterializationState& state : states_) {
      if (state.name == name) return state.positions.at(0).value;
    }
    return -1;
  }

  // Runs `what` the first time this point is passed.
  void FailOnceAt(FaultPoint at, std::function<Status(sql::Connection&)> what) {
    fault_ = [this, at, what = std::move(what)](FaultPoint point, sql::Connection& connection) -> Status {
      if (point != at) return {};
      const auto run = what;
      fault_ = nullptr;
      return run(connection);
    };
  }

  TemporaryFolder folder_;
  DuckDbWarehouseOptions options_;
  WarehousePlan plan_;
  std::unique_ptr<Warehouse> warehouse_;
  std::vector<MaterializationState> states_;
  QuerySummary summary_;
  std::function<Status(FaultPoint, sql::Connection&)> fault_;
  int64_t seq_ = 0;
};

TEST_F(DuckDbWarehouseTest, TablesRowsAndViewsAnswer) {
  Open();
  Keep({{"a", "2", 1500}, {"b", "1", 10'000}});
  Keep({{"a", "-1", 500}});
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",2.500,2; "b",10.000,1)");
  EXPECT_EQ(Ask("SELECT product, doubled, _seq FROM lines ORDER BY _seq"), R"("a",3.000,1; "b",20.000,2; "a",1.000,3)");
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(Ask("SELECT * FROM sales WHERE _seq = 3"), R"("a","-1",0.500,0,2,3,"1970-01-01T00:00:01Z")");
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "3");
}

TEST_F(DuckDbWarehouseTest, EverythingOutlivesTheProcess) {
  Open();
  Keep({{"a"}, {"b"}});
  Open();
  EXPECT_EQ(PositionOf("revenue"), 2);
  EXPECT_EQ(PositionOf("sales"), 2);
  Keep({{"a"}});
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",2.000,2; "b",1.000,1)");
  EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "3");
}

TEST_F(DuckDbWarehouseTest, RecordThatATableCannotTakeBlamesThatTableAndKeepsNothing) {
  Open();
  Keep({{"a"}});
  auto batch = Batch({{"a"}, {"b", "six"}, {"c"}});
  auto refused = warehouse_->Commit(CommitOf(*batch, {"lines", "revenue"}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), ErrorCode::kInvalid);
  EXPECT_EQ(refused.error().materialization, "revenue");
  EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "1");
  EXPECT_FALSE(warehouse_->Evaluate("revenue", *batch, {1, 2}));
  EXPECT_TRUE(warehouse_->Evaluate("revenue", *batch, {0, 1}));
  EXPECT_TRUE(warehouse_->Evaluate("lines", *batch, {0, 3}));
  WarehouseCommit commit = CommitOf(*batch, {"lines", "revenue"});
  commit.exclusions = {{"revenue", {1}}};
  ASSERT_TRUE(warehouse_->Commit(commit));
  EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "4");
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "3");
}

TEST_F(DuckDbWarehouseTest, FailuresThatAreNotOfTheDataBlameNobody) {
  Open();
  auto batch = Batch({{"a"}});
  for (const ErrorCode code : {ErrorCode::kExhausted, ErrorCode::kUnavailable, ErrorCode::kCancelled}) {
    FailOnceAt(FaultPoint::kTableCommit, [code](sql::Connection&) -> Status { return Fail(Error(code, "injected")); });
    auto failed = warehouse_->Commit(CommitOf(*batch, {"revenue"}));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().error.code(), code);
    EXPECT_EQ(failed.error().materialization, "");
    EXPECT_EQ(Ask("SELECT count(*) FROM revenue"), "0");
  }
  EXPECT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue"})));
}

TEST_F(DuckDbWarehouseTest, CommitAfterARunTimeErrorFailsThoughDuckDbSaysOk) {
  Open();
  auto batch = Batch({{"a"}});
  for (const char* bad : {"SELECT error('boom')", "SELECT 'x'::INTEGER", "SELEC 1", "SELECT nope FROM revenue"}) {
    FailOnceAt(FaultPoint::kTableCommit, [bad](sql::Connection& connection) -> Status {
      EXPECT_FALSE(connection.Execute(bad));
      return {};
    });
    EXPECT_FALSE(warehouse_->Commit(CommitOf(*batch, {"revenue", "lines"}))) << bad;
    EXPECT_EQ(Ask("SELECT count(*) FROM lines"), "0") << bad;
    FailOnceAt(FaultPoint::kRowsCommit, [bad](sql::Connection& connection) -> Status {
      EXPECT_FALSE(connection.Execute(bad));
      return {};
    });
    EXPECT_FALSE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows))) << bad;
    EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "0") << bad;
  }
  Open();
  EXPECT_EQ(PositionOf("revenue"), 0);
  EXPECT_EQ(PositionOf("sales"), 0);
}

TEST_F(DuckDbWarehouseTest, RowsAppendedBeforeAFailureAreNotWrittenLater) {
  Open();
  Keep({{"a"}});
  auto batch = Batch(std::vector<Sale>(5000, Sale{"b"}));
  for (const FaultPoint point : {FaultPoint::kRowsAppend, FaultPoint::kRowsCommit}) {
    FailOnceAt(point, [](sql::Connection&) -> Status { return Fail(Error::Exhausted("injected")); });
    EXPECT_FALSE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)));
  }
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)));
  EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "5001");
  Open();
  EXPECT_EQ(Ask("SELECT count(*), max(_offset) FROM sales"), "5001,5000");
}

TEST_F(DuckDbWarehouseTest, AnswersSayWhichPositionsTheyHold) {
  Open();
  Keep({{"a"}});
  auto batch = Batch({{"b"}});
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue"})));
  Ask("SELECT * FROM best");
  ASSERT_EQ(summary_.as_of.size(), 1U);
  EXPECT_EQ(summary_.as_of[0].stream, "sales");
  EXPECT_EQ(summary_.as_of[0].positions, Positions{Offset{2}});
  Ask("SELECT * FROM best, SALES");
  EXPECT_EQ(summary_.as_of[0].positions, Positions{Offset{1}});
  Ask("SELECT 1");
  EXPECT_TRUE(summary_.as_of.empty());
}

TEST_F(DuckDbWarehouseTest, AnswersOfAReaderAreOfOneMoment) {
  Open();
  std::atomic<int> wrong = 0;
  std::jthread reader([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      QueryRequest request;
      request.sql = "SELECT (SELECT coalesce(sum(lines), 0) FROM revenue), (SELECT count(*) FROM lines)";
      request.trusted = true;
      Answer answer;
      auto summary = warehouse_->Query(request, answer, {});
      const std::string expected =
          summary && !summary->as_of.empty() ? std::to_string(summary->as_of[0].positions[0].value) : "0";
      if (!summary || answer.text != expected + "," + expected) ++wrong;
    }
  });
  for (int i = 0; i < 60; ++i) {
    Keep(std::vector<Sale>(20, Sale{std::to_string(i)}));
    ASSERT_TRUE(warehouse_->Maintain(i % 7 == 0));
  }
  reader = {};
  EXPECT_EQ(wrong, 0);
}

TEST_F(DuckDbWarehouseTest, LimitsOnRowsAreKeptAndTold) {
  Open();
  Keep({{"a"}, {"b"}, {"c"}});
  QueryRequest request;
  request.sql = "SELECT product FROM sales ORDER BY product";
  request.rows_max = 2;
  EXPECT_EQ(Ask(request), R"("a"; "b")");
  EXPECT_TRUE(summary_.truncated);
  request.rows_max = 3;
  Ask(request);
  EXPECT_FALSE(summary_.truncated);
  Answer one;
  one.rows_wanted = 1;
  ASSERT_TRUE(warehouse_->Query(request, one, {}));
  EXPECT_EQ(one.rows, 1U);
  Answer none;
  none.stop_at_begin = true;
  EXPECT_EQ(warehouse_->Query(request, none, {})->rows, 0U);
}

TEST_F(DuckDbWarehouseTest, ParametersAndErrorsOfQueries) {
  Open();
  Keep({{"a", "1", 1500}, {"b", "1", 2500}});
  QueryRequest request;
  request.sql = "SELECT product FROM revenue WHERE amount > $least";
  QueryParameter least;
  least.name = "least";
  least.type.kind = TypeKind::kDecimal;
  least.type.width = 12;
  least.type.scale = 3;
  least.value = "1.5";
  request.parameters = {least};
  EXPECT_EQ(Ask(request), R"("b")");
  request.parameters[0].value = "many";
  EXPECT_EQ(Ask(request), "error: invalid");
  EXPECT_EQ(Ask("SELECT 'x'::INTEGER + lines FROM revenue"), "error: invalid");
  EXPECT_EQ(Ask("SELECT * FROM revenue; SELECT 1"), "error: invalid");
  EXPECT_EQ(Ask("SELECT 1"), "1");
}

TEST_F(DuckDbWarehouseTest, UntrustedSqlPassesTheGateAndTrustedDoesNot) {
  Open();
  Keep({{"a"}});
  QueryRequest request;
  for (const char* allowed : {"SELECT count(*) FROM Revenue", "WITH r AS (FROM sales) SELECT count(*) FROM r",
                              "SELECT count(*) FROM range(3)"}) {
    request.sql = allowed;
    EXPECT_FALSE(Ask(request).starts_with("error")) << allowed;
  }
  for (const char* refused :
       {"SELECT * FROM _tailrace.materializations", "SELECT * FROM duckdb_tables()", "SELECT * FROM 'x.parquet'",
        "SELECT * FROM read_text('/etc/passwd')", "DROP VIEW revenue", "SET threads = 1"}) {
    request.sql = refused;
    EXPECT_EQ(Ask(request), "error: invalid") << refused;
  }
}

TEST_F(DuckDbWarehouseTest, AReaderOfSomeRelationsReadsNoOthersByAnyWay) {
  Open();
  Keep({{"b"}});
  QueryRequest request;
  const auto ask = [&](const std::string& sql) {
    request.sql = sql;
    return Ask(request);
  };
  request.readable = {"best"};
  EXPECT_EQ(ask("FROM best"), R"("b")");
  EXPECT_EQ(ask("FROM main.BEST"), R"("b")");
  EXPECT_EQ(ask("WITH sales AS (SELECT 7 AS n) SELECT n FROM sales"), "7");
  for (const char* sql :
       {"FROM sales", "FROM SaLeS", "FROM main.sales", "FROM \"sales\"", "SELECT * FROM best, revenue", "SELECT (SELECT max(lines) FROM revenue)",
        "SELECT 1 WHERE EXISTS (FROM lines)", "WITH x AS (FROM sales) FROM x", "WITH sales AS (FROM sales) FROM sales",
        "SELECT 1 UNION ALL SELECT 1 FROM lines", "SELECT * FROM best JOIN sales ON true", "FROM (FROM (FROM revenue))", "FROM nothing",
        "SELECT unnest((SELECT list(product) FROM lines))", "PIVOT sales ON product USING count(*)", "FROM _tailrace.materializations",
        "FROM information_schema.tables", "SELECT * FROM best WHERE 1 IN (SELECT 1 FROM sales)", "FROM query('FROM sales')",
        "FROM query_table('sales')", "SELECT * FROM best ORDER BY (SELECT max(product) FROM sales)"}) {
    const std::string answer = ask(sql);
    EXPECT_TRUE(answer == "error: not_found" || answer == "error: invalid") << sql << " answered " << answer;
  }
  request.readable = std::set<std::string>();
  EXPECT_EQ(ask("SELECT 1"), "1");
  EXPECT_EQ(ask("FROM best"), "error: not_found");
}

TEST_F(DuckDbWarehouseTest, TheClockOfTheRequestCountsAlsoInsideViews) {
  Open();
  Keep({{"a"}});
  QueryRequest request;
  request.sql = "SELECT t::TIMESTAMP = now()::TIMESTAMP, year(now()) FROM clock";
  request.trusted = true;
  request.now_micros = 1'000'000'000'000'000;
  EXPECT_EQ(Ask(request), "true,2001");
}

TEST_F(DuckDbWarehouseTest, StoppedQueryIsCancelledAndOthersGoOn) {
  Open();
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  QueryRequest request;
  request.sql = "SELECT count(*) FROM range(100000000000)";
  request.trusted = true;
  Answer answer;
  auto summary = warehouse_->Query(request, answer, source.get_token());
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Ask("SELECT 1"), "1");
}

TEST_F(DuckDbWarehouseTest, DocumentsComeWithTheRowTheyWereMadeOf) {
  Open();
  auto batch = Batch({{"a", "2", 1500}, {"b", "skip"}, {"c", "3", 10}});
  auto documents = warehouse_->Project("products", *batch, {0, 3});
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_EQ((*documents)[0].key, "a");
  EXPECT_EQ((*documents)[0].row, 0);
  EXPECT_EQ((*documents)[0].document, R"({"q":"2","p":1.5})");
  EXPECT_EQ((*documents)[0].indexed, std::vector<std::optional<std::string>>{"2"});
  EXPECT_EQ((*documents)[1].key, "c");
  EXPECT_EQ((*documents)[1].row, 2);
  auto part = warehouse_->Project("products", *batch, {1, 3});
  ASSERT_TRUE(part);
  ASSERT_EQ(part->size(), 1U);
  EXPECT_EQ((*part)[0].row, 2);
}

TEST_F(DuckDbWarehouseTest, ProjectionsReachThroughSubqueriesAndReadTheRecord) {
  plan_.projections = {
      {"through", "sales",
       "WITH w AS (SELECT * FROM (SELECT product, _record FROM sales WHERE product <> 'x') AS i) SELECT w.product AS "
       "key, w._record AS document FROM w"},
      {"many", "sales",
       "SELECT p AS key, {'n': quantity} AS document FROM sales, unnest([product, product || '2']) AS u(p)"}};
  Open();
  auto batch = Batch({{"x"}, {"a"}});
  auto documents = warehouse_->Project("through", *batch, {0, 2});
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 1U);
  EXPECT_EQ((*documents)[0].document, R"({"product":"a"})");
  EXPECT_EQ((*documents)[0].row, 1);
  documents = warehouse_->Project("many", *batch, {0, 2});
  ASSERT_TRUE(documents) << documents.error().message();
  ASSERT_EQ(documents->size(), 4U);
  // In the stream's order, whatever order the join has brought them in; those of one record come in any.
  const std::vector<int64_t> rows = {(*documents)[0].row, (*documents)[1].row, (*documents)[2].row,
                                     (*documents)[3].row};
  EXPECT_EQ(rows, (std::vector<int64_t>{0, 0, 1, 1}));
  EXPECT_TRUE((*documents)[3].key == "a" || (*documents)[3].key == "a2");
  EXPECT_EQ((*documents)[3].document, R"({"n":"1"})");
}

TEST_F(DuckDbWarehouseTest, ProjectionOverGroupsIsRefused) {
  plan_.projections = {{"groups", "sales", "SELECT product AS key, count(*) AS document FROM sales GROUP BY product"}};
  warehouse_ = OpenWarehouse(options_);
  auto states = warehouse_->Adopt(plan_);
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().code(), ErrorCode::kInvalid);
}

TEST_F(DuckDbWarehouseTest, FailingProjectionIsInvalidData) {
  plan_.projections = {{"numbers", "sales", "SELECT product AS key, quantity::INTEGER AS document FROM sales"}};
  Open();
  auto batch = Batch({{"a", "1"}, {"b", "six"}});
  EXPECT_EQ(warehouse_->Project("numbers", *batch, {0, 2}).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(warehouse_->Project("numbers", *batch, {0, 1})->at(0).document, "1");
}

TEST_F(DuckDbWarehouseTest, CompactionFoldsPartialsAndViewsSurviveIt) {
  Open();
  constexpr int kBatches = 150;
  for (int i = 0; i < kBatches; ++i) Keep({{"a"}, {"b"}});
  const std::string before = Ask("SELECT * FROM revenue ORDER BY product");
  Open();  // also of partials that an earlier process has left
  ASSERT_TRUE(warehouse_->Maintain(true));
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), before);
  EXPECT_EQ(Ask("FROM best").size(), 3U);
  EXPECT_EQ(Ask("SELECT max(estimated_size) < 50 FROM duckdb_tables() WHERE table_name LIKE 'revenue@%'"), "true");
  Keep({{"b"}});
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), std::to_string(2 * kBatches + 1));
}

TEST_F(DuckDbWarehouseTest, NoCheckpointIsBegunWithoutRoomForIt) {
  int64_t free_bytes = 1 << 20;
  options_.free_bytes = [&] { return free_bytes; };
  Open();
  Keep({{"a"}, {"b"}});
  const std::string log = options_.path + ".wal";
  ASSERT_GT(std::filesystem::file_size(log), 0U);
  ASSERT_TRUE(warehouse_->Maintain(true));
  EXPECT_GT(std::filesystem::file_size(log), 0U);
  free_bytes = 1 << 30;
  ASSERT_TRUE(warehouse_->Maintain(true));
  EXPECT_TRUE(!std::filesystem::exists(log) || std::filesystem::file_size(log) == 0);
}

TEST_F(DuckDbWarehouseTest, FailedCompactionLeavesTheTableAsItWas) {
  Open();
  for (int i = 0; i < 60; ++i) Keep({{"a"}, {"b"}});
  FailOnceAt(FaultPoint::kCompaction, [](sql::Connection&) -> Status { return Fail(Error::Exhausted("injected")); });
  EXPECT_EQ(warehouse_->Maintain(false).error().code(), ErrorCode::kExhausted);
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "120");
  Keep({{"a"}});
  ASSERT_TRUE(warehouse_->Maintain(false));
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "121");
}

TEST_F(DuckDbWarehouseTest, RebuiltTableTakesItsNewDefinitionAndViewsFollow) {
  Open();
  Keep({{"a", "3"}, {"b", "1", 2000}});
  plan_.tables[0].sql = "SELECT product, sum(price) AS amount FROM sales GROUP BY ALL";
  plan_.tables[0].fingerprint = "another";
  Open();
  EXPECT_EQ(Ask("FROM best"), R"("a")");
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",3.000,1; "b",2.000,1)");
  ASSERT_TRUE(warehouse_->BeginShadow("revenue"));
  seq_ = 0;
  auto batch = Batch({{"a", "3"}, {"b", "1", 2000}});
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue@shadow"})));
  FailOnceAt(FaultPoint::kSwap, [](sql::Connection&) -> Status { return Fail(Error::Unavailable("injected")); });
  EXPECT_FALSE(warehouse_->FinishShadow("revenue"));
  EXPECT_EQ(Ask("FROM best"), R"("a")");
  ASSERT_TRUE(warehouse_->FinishShadow("revenue"));
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(Ask("SELECT * FROM revenue ORDER BY product"), R"("a",1.000; "b",2.000)");
  Open();
  EXPECT_EQ(Ask("FROM best"), R"("b")");
  EXPECT_EQ(PositionOf("revenue"), 2);
}

TEST_F(DuckDbWarehouseTest, RowsTakeANewFieldThatMayBeAbsentInPlace) {
  Open();
  Keep({{"a"}});
  plan_.streams[0].schema.fields.insert(plan_.streams[0].schema.fields.begin(), FieldOf("country", TypeKind::kString));
  Open();
  EXPECT_EQ(Ask("SELECT product, country FROM sales"), R"("a",null)");
}

TEST_F(DuckDbWarehouseTest, RowsOfAChangedSchemaAreStoredAnewThroughAShadow) {
  Open();
  Keep({{"a"}});
  plan_.streams[0].schema.fields.push_back(FieldOf("country", TypeKind::kString));
  plan_.streams[0].schema.fields.back().type.nullable = false;
  Open();
  auto batch = Batch({{"b"}});
  auto refused = warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.code(), ErrorCode::kConflict);
  ASSERT_TRUE(warehouse_->BeginShadow("sales"));
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"sales@shadow"}, MaterializationKind::kStoredRows)));
  ASSERT_TRUE(warehouse_->FinishShadow("sales"));
  EXPECT_EQ(Ask("SELECT product, country FROM sales"), R"("b",null)");
  ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)));
  EXPECT_EQ(Ask("SELECT count(*) FROM sales"), "2");
}

TEST_F(DuckDbWarehouseTest, TwoConnectionsCommitTheSameBatchAtOnce) {
  Open();
  constexpr int kBatches = 40;
  for (int i = 0; i < kBatches; ++i) {
    auto batch = Batch(std::vector<Sale>(3000, Sale{"a", "1", 1000}));
    std::atomic<bool> stored = false;
    std::jthread rows([&] {
      stored = warehouse_->Commit(CommitOf(*batch, {"sales"}, MaterializationKind::kStoredRows)).has_value();
    });
    auto tables = warehouse_->Commit(CommitOf(*batch, {"revenue", "lines"}));
    ASSERT_TRUE(tables) << tables.error().error.message();
    rows.join();
    ASSERT_TRUE(stored);
    ASSERT_TRUE(warehouse_->Maintain(false));
  }
  EXPECT_EQ(Ask("SELECT (SELECT sum(lines) FROM revenue), (SELECT count(*) FROM lines), (SELECT count(DISTINCT _seq) "
                "FROM sales)"),
            "120000,120000,120000");
}

TEST_F(DuckDbWarehouseTest, TheJournalOfCommitsIsBounded) {
  Open();
  for (int i = 0; i < 1100; ++i) {
    auto batch = Batch({});
    ++seq_;
    ASSERT_TRUE(warehouse_->Commit(CommitOf(*batch, {"revenue"})));
  }
  EXPECT_EQ(Ask("SELECT count(*) BETWEEN 512 AND 1023 FROM _tailrace.table_commits"), "true");
  Open();
  EXPECT_EQ(PositionOf("revenue"), 1100);
}

TEST_F(DuckDbWarehouseTest, AFileOfLayoutOneGoesOnAndIsCountedFromThere) {
  Open();
  Keep({{"a"}, {"b"}});
  warehouse_.reset();
  {
    sql::DatabaseOptions options;
    options.path = options_.path;
    auto database = *sql::Database::Open(options);
    auto connection = *database->Connect();
    for (const std::string kind : {"table", "row"}) {
      ASSERT_TRUE(connection->Execute(
          "CREATE TABLE _tailrace." + kind + "_positions AS SELECT id, 0::INTEGER AS partition, unnest([1, positions[1]]) AS "
          "next FROM _tailrace." + kind + "_commits; DROP TABLE _tailrace." + kind + "_commits"));
    }
    ASSERT_TRUE(connection->Execute("DELETE FROM _tailrace.format; INSERT INTO _tailrace.format VALUES (1)"));
  }
  Open();
  EXPECT_EQ(PositionOf("revenue"), 2);
  EXPECT_EQ(PositionOf("sales"), 2);
  for (const MaterializationState& state : states_) {
    EXPECT_FALSE(state.changed);
    EXPECT_EQ(state.counted_from, Positions{Offset{2}});
  }
  Keep({{"a"}});
  EXPECT_EQ(Ask("SELECT sum(lines) FROM revenue"), "3");
  ASSERT_TRUE(warehouse_->BeginShadow("revenue"));
  ASSERT_TRUE(warehouse_->FinishShadow("revenue"));
  Open();
  for (const MaterializationState& state : states_) EXPECT_EQ(state.counted_from.empty(), state.name == "revenue");
  EXPECT_EQ(PositionOf("lines"), 3);
}

TEST_F(DuckDbWarehouseTest, FileOfAnotherVersionIsRefused) {
  Open();
  warehouse_.reset();
  {
    sql::DatabaseOptions options;
    options.path = options_.path;
    auto database = *sql::Database::Open(options);
    auto connection = *database->Connect();
    ASSERT_TRUE(connection->Execute("DELETE FROM _tailrace.format; INSERT INTO _tailrace.format VALUES (99)"));
  }
  warehouse_ = OpenWarehouse(options_);
  auto states = warehouse_->Adopt(plan_);
  ASSERT_FALSE(states);
  EXPECT_EQ(states.error().code(), ErrorCode::kInvalid);
}

TEST_F(DuckDbWarehouseTest, FileThatCannotBeOpenedIsUnavailable) {
  DuckDbWarehouseOptions nowhere;
  nowhere.path = folder_.File() + "/no/such/folder";
  auto missing = OpenDuckDbWarehouse(nowhere);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tailrace::warehouse
