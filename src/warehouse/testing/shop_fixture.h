// A warehouse in a folder of its own, with a small shop in it, for one test.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sql/duckdb.h"
#include "warehouse/duckdb_warehouse.h"

namespace tailrace::warehouse {

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

inline std::unique_ptr<Warehouse> OpenWarehouse(const DuckDbWarehouseOptions& options) {
  auto warehouse = OpenDuckDbWarehouse(options);
  EXPECT_TRUE(warehouse) << warehouse.error().message();
  return std::move(*warehouse);
}

// Takes what a query gives as "VALUE,VALUE; VALUE,VALUE".
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
class ShopTest : public ::testing::Test {
 protected:
  ShopTest() {
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

}  // namespace tailrace::warehouse
