// QueryRunner's groups that are formed before anybody asks. They are tables of a database in memory beside the one on disk.
#include "sql/rollup.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sql/duckdb.h"
#include "sql/query_cursor.h"
#include "warehouse/query_runner.h"
#include "warehouse/query_text.h"

namespace tailrace::warehouse {
namespace {

constexpr std::string_view kDatabase = "tailrace_rollups";
constexpr int64_t kRowsPerGroupMin = 10;  // else there is little to be won

// Drops its table.
class TableRollup final : public Rollup {
 public:
  TableRollup(sql::Database& database, std::string table) : database_(database), table_(std::move(table)) {}
  ~TableRollup() override {
    const auto connection = database_.Connect();
    // What stays is memory until the process ends, and nothing else.
    if (connection) (void)(*connection)->Execute("DROP TABLE IF EXISTS " + table_);
  }

 private:
  sql::Database& database_;
  const std::string table_;
};

bool AreTheSame(const std::vector<sql::ResultColumn>& some, const std::vector<sql::ResultColumn>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(),
                    [](const sql::ResultColumn& one, const sql::ResultColumn& other) { return one.name == other.name && one.type == other.type; });
}

// A connection in a transaction that is rolled back at the end.
class OneMoment {
 public:
  OneMoment(sql::Connection& connection, std::span<const sql::BoundParameter> parameters, const std::stop_token& stop)
      : connection_(connection), parameters_(parameters), stop_(stop) {}
  ~OneMoment() { connection_.Rollback(); }

  // The numbers of the one row that the SQL answers.
  Result<std::vector<int64_t>> Numbers(const std::string& sql) {
    TR_TRY(const auto cursor, sql::QueryCursor::Open(connection_, sql, {}, stop_));
    TR_RETURN_IF_ERROR(cursor->Next());
    std::vector<int64_t> numbers;
    for (size_t column = 0; column < cursor->columns().size(); ++column) {
      TR_TRY(const int64_t number, NumberOf(cursor->Plain(0, column).value_or("")));
      numbers.push_back(number);
    }
    return numbers;
  }
  Result<std::vector<sql::ResultColumn>> Columns(const std::string& sql) { return ColumnsWith(sql, {}); }
  Result<std::vector<sql::ResultColumn>> ColumnsWithParameters(const std::string& sql) { return ColumnsWith(sql, parameters_); }

 private:
  // Asked for no row, so that nothing is worked out.
  Result<std::vector<sql::ResultColumn>> ColumnsWith(const std::string& sql, std::span<const sql::BoundParameter> parameters) {
    TR_TRY(const auto cursor, sql::QueryCursor::Open(connection_, fmt::format("SELECT * FROM ({}\n) LIMIT 0", sql), parameters, stop_));
    return cursor->columns();
  }

  sql::Connection& connection_;
  const std::span<const sql::BoundParameter> parameters_;
  const std::stop_token& stop_;
};

// Sums of floating-point numbers hang on the order in which they are added up, and groups are another order.
bool SumsAreExact(const sql::RollupPlan& plan, const std::vector<sql::ResultColumn>& groups) {
  for (const sql::ResultColumn& column : groups) {
    const bool is_sum = std::find(plan.sums.begin(), plan.sums.end(), column.name) != plan.sums.end();
    if (is_sum && (column.type == "DOUBLE" || column.type == "FLOAT")) return false;
  }
  return true;
}

}  // namespace

Result<RollupPtr> QueryRunner::MakeRollup(const RollupRequest& request, const std::stop_token& stop) {
  const auto select = sql::Select::Parse(request.query.sql);
  if (!select) return Fail(Error::Invalid(select.error().message));
  TR_TRY(const std::unique_ptr<sql::Connection> connection, database_->Connect());
  TR_RETURN_IF_ERROR(AttachRollups(*connection));
  const std::string table = fmt::format("{}.main.r{}", kDatabase, rollups_made_.fetch_add(1));
  const std::vector<sql::BoundParameter> parameters = Bound(request.query);
  TR_RETURN_IF_ERROR(connection->Begin());
  OneMoment moment(*connection, parameters, stop);
  TR_TRY(std::vector<AsOf> as_of, PositionsOf(*connection, BaseRelations(*select)));

  sql::RollupRequest wanted;
  wanted.select = &*select;
  wanted.relation = table;
  for (const QueryParameter& parameter : request.query.parameters) {
    if (parameter.type.kind == TypeKind::kDate) wanted.date_parameters.insert(Lower(parameter.name));
  }
  wanted.columns = [&](const std::string& sql) { return moment.Columns(sql); };
  TR_TRY(const auto plan, sql::PlanRollup(wanted));
  if (!plan) return nullptr;
  TR_TRY(const auto groups, moment.Columns(plan->groups_sql));
  if (!SumsAreExact(*plan, groups)) return nullptr;

  auto rollup = std::make_shared<TableRollup>(*database_, table);
  rollup->as_of = std::move(as_of);
  rollup->answer_sql = plan->answer_sql;
  TR_TRY(const auto estimate, moment.Numbers(plan->estimate_sql));
  rollup->rows = estimate.at(0);
  const int64_t groups_about = estimate.at(1);
  if (rollup->rows < request.rows_min || groups_about > request.groups_max || groups_about > rollup->rows / kRowsPerGroupMin) return nullptr;
  TR_TRY(const auto made, moment.Numbers(fmt::format("CREATE TABLE {} AS {}", table, plan->groups_sql)));
  rollup->groups = made.at(0);
  TR_TRY(const auto wanted_columns, moment.ColumnsWithParameters(request.query.sql));
  TR_TRY(const auto answer_columns, moment.ColumnsWithParameters(plan->answer_sql));
  if (!AreTheSame(answer_columns, wanted_columns)) return nullptr;
  TR_RETURN_IF_ERROR(connection->Commit());
  return rollup;
}

Status QueryRunner::AttachRollups(sql::Connection& connection) {
  const std::lock_guard lock(mutex_);
  if (has_rollups_) return {};
  TR_RETURN_IF_ERROR(connection.Execute(fmt::format("ATTACH ':memory:' AS {}", kDatabase)));
  has_rollups_ = true;
  return {};
}

}  // namespace tailrace::warehouse
