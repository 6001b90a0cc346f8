#include "warehouse/query_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sql/gate.h"
#include "sql/job_statement.h"
#include "sql/query_cursor.h"
#include "sql/row_function.h"
#include "warehouse/query_text.h"

namespace tailrace::warehouse {
namespace {

constexpr std::string_view kSystemPrefix = "tailrace.";

Error OfSql(const sql::SqlError& error) { return Error::Invalid(error.message); }

// Whether the SELECT answers differently at different times.
Result<bool> ReadsTheClock(const sql::Select& select) {
  const auto text_at = [&](int64_t micros) -> sql::SqlResult<std::string> {
    auto fixed = select.WithNow(micros);
    if (!fixed) return tl::unexpected<sql::SqlError>(fixed.error());
    return fixed->Text();
  };
  constexpr int64_t kOneTime = 1'000'000'000'000'000;
  constexpr int64_t kAnotherTime = 1'100'000'000'123'456;
  const auto one = text_at(kOneTime);
  const auto another = text_at(kAnotherTime);
  if (!one || !another) return Fail(OfSql(one ? another.error() : one.error()));
  return *one != *another;
}

class RowsOfRelation final : public sql::RowSource {
 public:
  explicit RowsOfRelation(std::unique_ptr<SystemRows> rows) : rows_(std::move(rows)) {}
  Result<std::vector<sql::TextRow>> Next(size_t rows_max) override { return rows_->Next(rows_max); }

 private:
  std::unique_ptr<SystemRows> rows_;
};

class Rows {
 public:
  Rows(sql::QueryCursor& cursor, size_t rows_max) : cursor_(&cursor), rows_max_(rows_max) {}

  Status SendTo(ResultSink& sink, QuerySummary* summary) {
    std::vector<ColumnInfo> columns;
    for (const sql::ResultColumn& column : cursor_->columns()) columns.push_back({column.name, column.type});
    if (!sink.Begin(columns)) return {};
    while (true) {
      TR_TRY(const bool more, cursor_->Next());
      if (!more) return {};
      for (size_t row = 0; row < cursor_->row_count(); ++row) {
        if (rows_max_ > 0 && summary->rows == rows_max_) {
          summary->truncated = true;
          return {};
        }
        if (!sink.Row(cursor_->Row(row))) return {};
        ++summary->rows;
      }
    }
  }

 private:
  sql::QueryCursor* cursor_;
  size_t rows_max_;
};

}  // namespace

Result<std::unique_ptr<QueryRunner>> QueryRunner::Create(sql::Database& database,
                                                         const std::vector<Relation>& relations,
                                                         const std::vector<ViewPlan>& views,
                                                         const std::vector<SystemRelation>& system_relations) {
  std::unique_ptr<QueryRunner> runner(new QueryRunner(database));
  for (const Relation& relation : relations) runner->relations_.insert_or_assign(Lower(relation.name), relation);
  runner->system_views_.insert_or_assign(
      "tailrace.commits",
      fmt::format("SELECT m.kind, m.name, m.stream, c.number, make_timestamp(c.time_ms * 1000) AS time, c.positions, c.letters, c.read, c.emitted, "
                  "c.filtered, c.dead_lettered FROM ({}) AS c JOIN _tailrace.materializations AS m USING (id)",
                  CommitsSql()));
  TR_TRY(const auto connection, database.Connect());
  for (const SystemRelation& relation : system_relations) TR_RETURN_IF_ERROR(runner->AddSystemRelation(*connection, relation));
  for (const ViewPlan& view : views) {
    if (Status added = runner->AddView(view); !added) return Fail(added.error().With("view " + view.name));
  }
  return runner;
}

std::vector<ViewPlan> QueryRunner::StoredViews(const std::vector<ViewPlan>& views) {
  std::set<std::string> kept_out;
  std::vector<ViewPlan> stored;
  for (const ViewPlan& view : views) {
    const auto select = sql::Select::Parse(view.sql);
    const auto relations = select ? select->Relations() : std::vector<sql::RelationRef>();
    const bool reads_system = std::any_of(relations.begin(), relations.end(), [&](const sql::RelationRef& read) {
      const std::string name = Lower(read.name);
      return name.starts_with(kSystemPrefix) || kept_out.contains(name);
    });
    if (reads_system) {
      kept_out.insert(Lower(view.name));
    } else {
      stored.push_back(view);
    }
  }
  return stored;
}

Status QueryRunner::AddView(const ViewPlan& view) {
  const auto select = sql::Select::Parse(view.sql);
  if (!select) return Fail(OfSql(select.error()));
  TR_TRY(bool timed, ReadsTheClock(*select));
  for (const sql::RelationRef& read : select->Relations()) timed = timed || timed_views_.contains(Lower(read.name));
  if (ReadsSystemRelations(*select)) system_views_.insert_or_assign(Lower(view.name), view.sql);
  if (timed) timed_views_.insert_or_assign(Lower(view.name), view.sql);
  views_.insert_or_assign(Lower(view.name), BaseRelations(*select));
  return {};
}

Status QueryRunner::AddSystemRelation(sql::Connection& connection, const SystemRelation& relation) {
  sql::RowFunctionOptions function;
  function.name = "tailrace_system_" + relation.name;
  std::string casts;
  for (const SystemColumn& column : relation.columns) {
    function.columns.push_back(column.name);
    const std::string name = sql::QuoteIdentifier(column.name);
    fmt::format_to(std::back_inserter(casts), "{}CAST({} AS {}) AS {}", casts.empty() ? "" : ", ", name, column.type, name);
  }
  function.open = [open = relation.open]() -> Result<std::unique_ptr<sql::RowSource>> {
    TR_TRY(auto rows, open());
    return std::make_unique<RowsOfRelation>(std::move(rows));
  };
  std::string& text = system_views_[std::string(kSystemPrefix) + relation.name];
  // What the store has of it, too, comes first.
  text += fmt::format("{}SELECT {} FROM {}()", text.empty() ? "" : " UNION ALL ", casts, function.name);
  return sql::RegisterRowFunction(connection, std::move(function));
}

bool QueryRunner::ReadsSystemRelations(const sql::Select& select) const {
  const auto relations = select.Relations();
  return std::any_of(relations.begin(), relations.end(),
                     [&](const sql::RelationRef& read) { return system_views_.contains(Lower(read.name)); });
}

std::set<std::string> QueryRunner::BaseRelations(const sql::Select& select) const {
  std::set<std::string> base;
  for (const sql::RelationRef& read : select.Relations()) {
    const std::string name = Lower(read.name);
    if (relations_.contains(name)) base.insert(name);
    if (const auto view = views_.find(name); view != views_.end())
      base.insert(view->second.begin(), view->second.end());
  }
  return base;
}

Result<std::string> QueryRunner::SettledText(const sql::Select& select, int64_t now_micros) const {
  auto settled = select.WithViewsInlined(system_views_);
  if (settled) settled = settled->WithViewsInlined(timed_views_);
  if (settled) settled = settled->WithNow(now_micros);
  if (!settled) return Fail(OfSql(settled.error()));
  auto text = settled->Text();
  if (!text) return Fail(OfSql(text.error()));
  return std::move(*text);
}

Result<QueryRunner::Prepared> QueryRunner::Prepare(const QueryRequest& request) const {
  // What groups answer reads nothing else, and nothing of the clock.
  if (request.rollup != nullptr) return Prepared{request.rollup->answer_sql, {}};
  auto select = sql::Select::Parse(request.sql);
  if (!select) return Fail(OfSql(select.error()));
  if (!request.trusted) {
    std::string withheld;
    const auto is_known = [&](std::string_view name) {
      const std::string lower = Lower(name);
      if (request.readable && !request.readable->contains(lower)) {
        withheld = name;
        return false;
      }
      return relations_.contains(lower) || views_.contains(lower) || system_views_.contains(lower) || sql::JobsTableName(lower).has_value();
    };
    const auto refused = sql::RefuseUserSelect(*select, is_known);
    if (!withheld.empty()) return Fail(Error::NotFound("there is no relation \"" + withheld + "\" that may be read here"));
    if (refused) return Fail(OfSql(*refused));
  }
  Prepared prepared;
  prepared.relations = BaseRelations(*select);
  prepared.sql = request.sql;
  if (ReadsSystemRelations(*select)) {
    // After the gate, which knows nothing of the functions behind them.
    select = select->WithViewsInlined(system_views_);
    if (!select) return Fail(OfSql(select.error()));
    auto text = select->Text();
    if (!text) return Fail(OfSql(text.error()));
    prepared.sql = std::move(*text);
  }
  if (request.now_micros != 0) {
    // A view that reads the clock must be part of the text, or now() would answer by the machine's.
    auto inlined = select->WithViewsInlined(timed_views_);
    if (!inlined) return Fail(OfSql(inlined.error()));
    auto fixed = inlined->WithNow(request.now_micros);
    if (!fixed) return Fail(OfSql(fixed.error()));
    auto text = fixed->Text();
    if (!text) return Fail(OfSql(text.error()));
    prepared.sql = std::move(*text);
  }
  return prepared;
}

Result<QuerySummary> QueryRunner::Run(const QueryRequest& request, ResultSink& sink, const std::stop_token& stop) {
  TR_TRY(const Prepared prepared, Prepare(request));
  TR_TRY(std::unique_ptr<sql::Connection> connection, TakeConnection());
  Result<QuerySummary> summary = RunIn(*connection, prepared, request, sink, stop);
  connection->Rollback();
  // An interrupt that came too late would hit the next query.
  if (!stop.stop_requested()) ReturnConnection(std::move(connection));
  return summary;
}

Result<QuerySummary> QueryRunner::RunIn(sql::Connection& connection, const Prepared& prepared,
                                        const QueryRequest& request, ResultSink& sink,
                                        const std::stop_token& stop) const {
  QuerySummary summary;
  TR_RETURN_IF_ERROR(connection.Begin());
  if (request.rollup == nullptr) {
    TR_TRY(summary.as_of, PositionsOf(connection, prepared.relations));
  } else {
    summary.as_of = request.rollup->groups->as_of;
  }
  TR_TRY(const auto cursor, sql::QueryCursor::Open(connection, prepared.sql, Bound(request), stop));
  TR_RETURN_IF_ERROR(Rows(*cursor, request.rows_max).SendTo(sink, &summary));
  return summary;
}

std::vector<sql::BoundParameter> QueryRunner::Bound(const QueryRequest& request) {
  std::vector<sql::BoundParameter> parameters;
  for (const QueryParameter& parameter : request.parameters) {
    parameters.push_back({parameter.name, parameter.type, parameter.null ? std::nullopt : std::optional(parameter.value)});
  }
  return parameters;
}

// By stream the lowest position of what is read. It is the first thing read in the transaction, and so of the same
// snapshot.
Result<std::vector<AsOf>> QueryRunner::PositionsOf(sql::Connection& connection,
                                                   const std::set<std::string>& relations) const {
  std::vector<AsOf> all;
  if (relations.empty()) return all;
  std::string names;
  for (const std::string& name : relations) {
    fmt::format_to(std::back_inserter(names), "{}{}", names.empty() ? "" : ", ",
                   sql::QuoteLiteral(relations_.find(name)->second.name));
  }
  TR_TRY(const sql::TextResult rows,
         connection.Query(
             fmt::format("SELECT stream, partition, min(next) FROM (SELECT stream, unnest(range(len(positions))) AS "
                         "partition, unnest(positions) AS next FROM (SELECT m.stream, arg_max(c.positions, c.number) AS "
                         "positions FROM ({}) AS c JOIN _tailrace.materializations AS m USING (id) WHERE m.name IN ({}) "
                         "GROUP BY m.id, m.stream)) GROUP BY ALL ORDER BY ALL",
                         CommitsSql(), names)));
  for (const auto& row : rows.rows) {
    if (all.empty() || all.back().stream != *row[0]) all.push_back({*row[0], {}});
    const auto partition = static_cast<size_t>(std::stoul(*row[1]));
    Positions& positions = all.back().positions;
    positions.resize(std::max(positions.size(), partition + 1));
    positions[partition] = Offset{std::stoll(*row[2])};
  }
  return all;
}

Result<std::unique_ptr<sql::Connection>> QueryRunner::TakeConnection() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<sql::Connection> connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  return database_->Connect();
}

void QueryRunner::ReturnConnection(std::unique_ptr<sql::Connection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleConnectionsMax) idle_.push_back(std::move(connection));
}

}  // namespace tailrace::warehouse
