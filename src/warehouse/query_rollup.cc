// QueryRunner's groups that are formed before anybody asks. They are tables of a database in memory beside the one on disk.
#include "sql/rollup.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
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
class TableGroups final : public RollupGroups {
 public:
  TableGroups(sql::Database& database, std::string table) : database_(database), table_(std::move(table)) {}
  ~TableGroups() override {
    const auto connection = database_.Connect();
    // What stays is memory until the process ends, and nothing else.
    if (connection) (void)(*connection)->Execute("DROP TABLE IF EXISTS " + table_);
  }

  const std::string& table() const { return table_; }
  sql::RollupPlan plan;  // that they were formed by

 private:
  sql::Database& database_;
  const std::string table_;
};

bool AreTheSame(const std::vector<QueryParameter>& some, const std::vector<QueryParameter>& others) {
  return std::equal(some.begin(), some.end(), others.begin(), others.end(), [](const QueryParameter& one, const QueryParameter& other) {
    return one.name == other.name && one.type.kind == other.type.kind && one.null == other.null && one.value == other.value;
  });
}

// The groups, in FROM, with the columns that another plan gives them. Nullopt: they lack one, or are of other rows.
std::optional<std::string> RelationFor(const sql::RollupPlan& plan, const TableGroups& groups) {
  if (plan.rows != groups.plan.rows) return std::nullopt;
  std::string items;
  for (const auto& [expression, name] : plan.columns) {
    const auto column = groups.plan.columns.find(expression);
    if (column == groups.plan.columns.end()) return std::nullopt;
    fmt::format_to(std::back_inserter(items), "{}{} AS {}", items.empty() ? "" : ", ", sql::QuoteIdentifier(column->second), sql::QuoteIdentifier(name));
  }
  return fmt::format("(SELECT {} FROM {})", items, groups.table());
}

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
    TR_TRY(const auto cursor, sql::QueryCursor::Open(connection_, sql, parameters_, stop_));
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

// False: they are not worth it, or not exact.
Result<bool> FormGroups(const RollupRequest& request, OneMoment& moment, TableGroups* groups) {
  TR_TRY(const auto columns, moment.ColumnsWithParameters(groups->plan.groups_sql));
  if (!SumsAreExact(groups->plan, columns)) return false;
  // Most that are too many are so by far, which a tenth of the rows shows in a tenth of the time.
  TR_TRY(const auto sample, moment.Numbers(groups->plan.sample_sql));
  if (sample.at(1) > request.groups_max) return false;
  TR_TRY(const auto estimate, moment.Numbers(groups->plan.estimate_sql));
  groups->rows = estimate.at(0);
  const int64_t groups_about = estimate.at(1);
  if (groups->rows < request.rows_min || groups_about > request.groups_max || groups_about > groups->rows / kRowsPerGroupMin) return false;
  TR_TRY(const auto made, moment.Numbers(fmt::format("CREATE TABLE {} AS {}", groups->table(), groups->plan.groups_sql)));
  groups->groups = made.at(0);
  return true;
}

}  // namespace

Result<RollupPtr> QueryRunner::MakeRollup(const RollupRequest& request, const std::stop_token& stop) {
  const auto select = sql::Select::Parse(request.query.sql);
  if (!select) return Fail(Error::Invalid(select.error().message));
  TR_TRY(const std::unique_ptr<sql::Connection> connection, database_->Connect());
  TR_RETURN_IF_ERROR(AttachRollups(*connection));
  auto groups = std::make_shared<TableGroups>(*database_, fmt::format("{}.main.r{}", kDatabase, rollups_made_.fetch_add(1)));
  for (const QueryParameter& parameter : request.query.parameters) {
    if (request.fixed.contains(parameter.name)) groups->fixed.push_back(parameter);
  }
  const std::vector<sql::BoundParameter> parameters = Bound(request.query);
  TR_RETURN_IF_ERROR(connection->Begin());
  OneMoment moment(*connection, parameters, stop);
  TR_TRY(groups->as_of, PositionsOf(*connection, BaseRelations(*select)));

  sql::RollupRequest wanted;
  wanted.select = &*select;
  wanted.relation = groups->table();
  for (const QueryParameter& parameter : request.query.parameters) {
    if (parameter.type.kind == TypeKind::kDate) wanted.date_parameters.insert(Lower(parameter.name));
  }
  for (const QueryParameter& parameter : groups->fixed) wanted.fixed_parameters.insert(Lower(parameter.name));
  wanted.columns = [&](const std::string& sql) { return moment.Columns(sql); };
  TR_TRY(auto plan, sql::PlanRollup(wanted));
  if (!plan) return nullptr;
  auto rollup = std::make_shared<Rollup>();
  for (const RollupPtr& other : request.others) {
    const auto* table = dynamic_cast<const TableGroups*>(other->groups.get());
    if (table == nullptr || !AreTheSame(table->fixed, groups->fixed)) continue;
    const auto relation = RelationFor(*plan, *table);
    if (!relation) continue;
    wanted.relation = *relation;
    TR_TRY(plan, sql::PlanRollup(wanted));
    rollup->groups = other->groups;
    break;
  }
  if (rollup->groups == nullptr) {
    groups->plan = *plan;
    TR_TRY(const bool are_formed, FormGroups(request, moment, groups.get()));
    if (!are_formed) return nullptr;
    rollup->groups = std::move(groups);
  }
  rollup->answer_sql = plan->answer_sql;
  TR_TRY(const auto wanted_columns, moment.ColumnsWithParameters(request.query.sql));
  TR_TRY(const auto answer_columns, moment.ColumnsWithParameters(rollup->answer_sql));
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
