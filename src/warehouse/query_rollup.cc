// QueryRunner's groups that are formed before anybody asks. They are tables of a database in memory beside the one on disk.
#include "sql/rollup.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "sql/duckdb.h"
#include "sql/query_cursor.h"
#include "warehouse/query_runner.h"

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

std::vector<std::pair<std::string, std::string>> NamesAndTypes(const sql::QueryCursor& cursor) {
  std::vector<std::pair<std::string, std::string>> columns;
  for (const sql::ResultColumn& column : cursor.columns()) columns.emplace_back(column.name, column.type);
  return columns;
}

Result<int64_t> NumberAt(const sql::QueryCursor& cursor, size_t column) {
  const std::string text = cursor.Plain(0, column).value_or("");
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return Fail(Error::Internal("no number: " + text));
  return number;
}

// A connection in a transaction that is rolled back at the end.
class OneMoment {
 public:
  OneMoment(sql::Connection& connection, std::span<const sql::BoundParameter> parameters, const std::stop_token& stop)
      : connection_(connection), parameters_(parameters), stop_(stop) {}
  ~OneMoment() { connection_.Rollback(); }

  Result<std::unique_ptr<sql::QueryCursor>> Open(const std::string& sql, bool with_parameters = false) {
    return sql::QueryCursor::Open(connection_, sql, with_parameters ? parameters_ : std::span<const sql::BoundParameter>(), stop_);
  }
  Result<std::unique_ptr<sql::QueryCursor>> OpenForNoRow(const std::string& sql, bool with_parameters = false) {
    return Open(fmt::format("SELECT * FROM ({}\n) LIMIT 0", sql), with_parameters);
  }

 private:
  sql::Connection& connection_;
  const std::span<const sql::BoundParameter> parameters_;
  const std::stop_token& stop_;
};

// Sums of floating-point numbers hang on the order in which they are added up, and groups are another order.
bool SumsAreExact(const sql::RollupPlan& plan, const sql::QueryCursor& groups) {
  for (const sql::ResultColumn& column : groups.columns()) {
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
  wanted.columns = [&](const std::string& sql) -> Result<std::vector<sql::ResultColumn>> {
    TR_TRY(const auto cursor, moment.OpenForNoRow(sql));
    return cursor->columns();
  };
  TR_TRY(const auto plan, sql::PlanRollup(wanted));
  if (!plan) return nullptr;

  auto rollup = std::make_shared<TableRollup>(*database_, table);
  rollup->as_of = std::move(as_of);
  rollup->answer_sql = plan->answer_sql;
  {
    TR_TRY(const auto estimate, moment.Open(plan->estimate_sql));
    TR_RETURN_IF_ERROR(estimate->Next());
    TR_TRY(rollup->rows, NumberAt(*estimate, 0));
    TR_TRY(rollup->groups, NumberAt(*estimate, 1));
  }
  if (rollup->rows < request.rows_min || rollup->groups > request.groups_max || rollup->groups > rollup->rows / kRowsPerGroupMin) return nullptr;
  std::vector<std::pair<std::string, std::string>> answered;
  {
    TR_TRY(const auto groups, moment.OpenForNoRow(plan->groups_sql));
    if (!SumsAreExact(*plan, *groups)) return nullptr;
    TR_TRY(const auto original, moment.OpenForNoRow(request.query.sql, true));
    answered = NamesAndTypes(*original);
  }
  {
    TR_TRY(const auto made, moment.Open(fmt::format("CREATE TABLE {} AS {}", table, plan->groups_sql)));
    TR_RETURN_IF_ERROR(made->Next());
    TR_TRY(rollup->groups, NumberAt(*made, 0));
  }
  {
    TR_TRY(const auto answer, moment.OpenForNoRow(plan->answer_sql, true));
    if (NamesAndTypes(*answer) != answered) return nullptr;
  }
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
