// Tables with aggregates: partial rows for each batch, and a view that merges them.
//
//   rows     SELECT key AS k0, argument AS a0, ... FROM batch WHERE ...
//   groups   SELECT k0, sum(a0) AS s0 FROM rows GROUP BY k0                   appended to NAME#groups
//   values   SELECT k0, a1 AS v, count(*) AS n FROM rows GROUP BY k0, a1      appended to NAME#values0, and so on
//   view     SELECT k0 AS "Country", m0 / m1 AS "x" FROM (groups merged, joined with values merged) WHERE having
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sql/aggregate_state.h"
#include "sql/function_list.h"
#include "sql/group_query.h"
#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

std::string Joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

// One physical table and the SELECT of the view that merges it.
struct Draft {
  Partial partial;         // without its columns; select_sql with kRows where the rows belong
  std::string merged_sql;  // columns j0, j1, ... for the keys, and the answers
  std::vector<std::string> answers;
  std::vector<std::string> when_empty;  // beside `answers`; empty for null
};

constexpr std::string_view kRows = "\"#rows\"";

std::string WithRows(const std::string& sql, const std::string& rows) {
  const size_t at = sql.find(kRows);
  return sql.substr(0, at) + "(" + rows + ")" + sql.substr(at + kRows.size());
}

class GroupPlanner {
 public:
  GroupPlanner(const TableQuery& query, const GroupQuery& group) : query_(query), group_(group) {}

  SqlResult<IncrementalPlan> Plan() {
    for (size_t i = 0; i < group_.keys.size(); ++i) keys_.push_back(fmt::format("k{}", i));
    for (size_t i = 0; i < group_.calls.size(); ++i) {
      if (auto kept = KeepCall(i); !kept) return tl::unexpected<SqlError>(kept.error());
    }
    for (const ValueTable& table : value_tables_) DraftValues(table);
    DraftGroups();
    return Compose();
  }

 private:
  struct Answer {
    std::string name;
    std::string text;
    std::string when_empty;
  };

  struct ValueTable {
    std::string value;
    std::string filter;
    bool needs_place = false;
    std::vector<Answer> weighted;
    std::vector<Answer> repeated;
  };

  std::string Keys() const { return QuotedList(keys_); }
  std::string KeysThen(std::string_view more) const {
    return keys_.empty() ? std::string(more) : Keys() + ", " + std::string(more);
  }
  static std::string GroupBy(const std::string& columns) { return columns.empty() ? "" : " GROUP BY " + columns; }
  static std::string Where(const std::string& condition) { return condition.empty() ? "" : " WHERE " + condition; }

  std::string KeysAsJoinKeys() const {
    std::string text;
    for (size_t i = 0; i < keys_.size(); ++i) text += fmt::format("{} AS \"j{}\", ", QuoteIdentifier(keys_[i]), i);
    return text;
  }

  SqlResult<void> KeepCall(size_t index) {
    const AggregateCall& call = group_.calls[index];
    TR_SQL_TRY(AggregateState state, KeepAggregate({call, group_.places, fmt::format("s{}_", index)}));
    const std::string answer = fmt::format("m{}", index);
    if (auto* columns = std::get_if<ColumnState>(&state)) {
      for (StateColumn& column : columns->columns) columns_.push_back(std::move(column));
      merges_.push_back(fmt::format("CAST({} AS {}) AS {}", columns->merged, call.type, QuoteIdentifier(answer)));
      group_answers_.push_back(answer);
    } else if (auto* values = std::get_if<ValueState>(&state)) {
      AddValues(*values, {answer, fmt::format("CAST({} AS {})", values->merged, call.type), values->when_empty});
    } else {
      DraftList(std::get<ListState>(state), call, answer);
    }
    return {};
  }

  void AddValues(const ValueState& state, Answer answer) {
    auto table = std::find_if(value_tables_.begin(), value_tables_.end(), [&](const ValueTable& other) {
      return other.value == state.value && other.filter == state.filter;
    });
    if (table == value_tables_.end())
      table = value_tables_.insert(value_tables_.end(), ValueTable{state.value, state.filter, false, {}, {}});
    table->needs_place = table->needs_place || state.needs_place;
    (state.repeated ? table->repeated : table->weighted).push_back(std::move(answer));
  }

  void DraftValues(const ValueTable& table) {
    Draft draft;
    draft.partial.physical_name = PhysicalName(*query_.request, fmt::format("values{}", drafts_.size()));
    const std::string physical = QuoteIdentifier(draft.partial.physical_name);
    const std::string place = table.needs_place ? fmt::format(", min({}) AS p", PlaceValue(group_.places)) : "";
    draft.partial.select_sql = fmt::format(
        "SELECT {} AS v, count(*) AS n{} FROM {}{} GROUP BY {}", KeysThen(QuoteIdentifier(table.value)), place, kRows,
        Where(table.filter.empty() ? "" : QuoteIdentifier(table.filter)), KeysThen(QuoteIdentifier(table.value)));
    draft.partial.compact_sql =
        fmt::format("SELECT {}, CAST(sum(n) AS BIGINT) AS n{} FROM {} GROUP BY {}", KeysThen("v"),
                    table.needs_place ? ", min(p) AS p" : "", physical, KeysThen("v"));
    const std::string folded = "(" + draft.partial.compact_sql + ")";
    if (!table.weighted.empty()) AddMerge(draft, folded, table.weighted);
    if (!table.repeated.empty()) {
      const std::string repeated = fmt::format("(SELECT {}, unnest(range(n)) AS i FROM {})", KeysThen("v"), folded);
      AddMerge(draft, repeated, table.repeated);
    }
    drafts_.push_back(std::move(draft));
  }

  void DraftList(const ListState& state, const AggregateCall& call, const std::string& answer) {
    Draft draft;
    draft.partial.physical_name =
        PhysicalName(*query_.request, fmt::format("values{}", drafts_.size() + value_tables_.size()) + "l");
    std::string columns = KeysThen(QuoteIdentifier(state.value)) + " AS v";
    for (size_t i = 0; i < state.orders.size(); ++i)
      columns += fmt::format(", {} AS o{}", QuoteIdentifier(state.orders[i]), i);
    columns += ", " + QuotedList(group_.places);
    std::vector<std::string> conditions;
    if (!state.filter.empty()) conditions.push_back(QuoteIdentifier(state.filter));
    if (state.skips_null) conditions.push_back(QuoteIdentifier(state.value) + " IS NOT NULL");
    draft.partial.select_sql = fmt::format("SELECT {} FROM {}{}", columns, kRows, Where(Joined(conditions, " AND ")));
    AddMerge(draft, QuoteIdentifier(draft.partial.physical_name),
             {{answer, fmt::format("CAST({} AS {})", state.merged, call.type), ""}});
    drafts_.push_back(std::move(draft));
  }

  // A SELECT over one physical table that the view joins to the groups.
  void AddMerge(const Draft&, const std::string& from, const std::vector<Answer>& answers) {
    std::string text;
    for (const Answer& answer : answers)
      text += fmt::format("{}{} AS {}", text.empty() ? "" : ", ", answer.text, QuoteIdentifier(answer.name));
    joins_.push_back(fmt::format("SELECT {}{} FROM {}{}", KeysAsJoinKeys(), text, from, GroupBy(Keys())));
    for (const Answer& answer : answers) joined_answers_.push_back(answer);
  }

  void DraftGroups() {
    if (keys_.empty() && columns_.empty()) {
      groups_sql_ = "SELECT 1 AS \"#one\"";
      return;
    }
    Draft draft;
    draft.partial.physical_name = PhysicalName(*query_.request, "groups");
    std::vector<std::string> partial;
    std::vector<std::string> fold;
    std::vector<std::string> merged;
    for (const std::string& key : keys_) {
      partial.push_back(QuoteIdentifier(key));
      fold.push_back(QuoteIdentifier(key));
      merged.push_back(QuoteIdentifier(key));
    }
    for (const StateColumn& column : columns_) {
      partial.push_back(column.partial + " AS " + QuoteIdentifier(column.name));
      fold.push_back(column.fold + " AS " + QuoteIdentifier(column.name));
    }
    merged.insert(merged.end(), merges_.begin(), merges_.end());
    if (merged.empty()) merged.push_back("1 AS \"#one\"");
    const std::string physical = QuoteIdentifier(draft.partial.physical_name);
    draft.partial.select_sql = fmt::format("SELECT {} FROM {}{}", Joined(partial, ", "), kRows, GroupBy(Keys()));
    draft.partial.compact_sql = fmt::format("SELECT {} FROM {}{}", Joined(fold, ", "), physical, GroupBy(Keys()));
    groups_sql_ = fmt::format("SELECT {} FROM {}{}", Joined(merged, ", "), physical, GroupBy(Keys()));
    drafts_.insert(drafts_.begin(), std::move(draft));
  }

  std::string MergedSql() const {
    if (joins_.empty()) return groups_sql_;
    std::string columns = Keys();
    for (const std::string& answer : group_answers_) columns += (columns.empty() ? "" : ", ") + QuoteIdentifier(answer);
    for (const Answer& answer : joined_answers_) {
      const std::string name = QuoteIdentifier(answer.name);
      columns += (columns.empty() ? "" : ", ") +
                 (answer.when_empty.empty() ? name : fmt::format("coalesce({0}, {1}) AS {0}", name, answer.when_empty));
    }
    std::string text = fmt::format("SELECT {} FROM ({}) AS g", columns, groups_sql_);
    for (size_t i = 0; i < joins_.size(); ++i) {
      std::vector<std::string> conditions;
      for (size_t k = 0; k < keys_.size(); ++k)
        conditions.push_back(fmt::format("g.{} IS NOT DISTINCT FROM v{}.\"j{}\"", QuoteIdentifier(keys_[k]), i, k));
      text += conditions.empty()
                  ? fmt::format(" CROSS JOIN ({}) AS v{}", joins_[i], i)
                  : fmt::format(" LEFT JOIN ({}) AS v{} ON {}", joins_[i], i, Joined(conditions, " AND "));
    }
    return text;
  }

  SqlResult<IncrementalPlan> Compose() {
    TR_SQL_TRY(const std::string rows, BatchText(query_, group_.rows));
    TR_SQL_TRY(const std::string scratch_rows, TreeText(StatementOf(group_.rows)));
    IncrementalPlan plan;
    for (Draft& draft : drafts_) {
      Partial partial = std::move(draft.partial);
      SqlResult<std::vector<ResultColumn>> columns =
          query_.scratch->DescribeWith({}, WithRows(partial.select_sql, scratch_rows));
      if (!columns)
        return Refuse(
            fmt::format("this SELECT cannot be kept incrementally ({}): put it in a view", columns.error().message));
      partial.columns = std::move(*columns);
      partial.select_sql = WithRows(partial.select_sql, rows);
      if (!partial.compact_sql.empty()) partial.compact_sql = Typed(partial);
      plan.partials.push_back(std::move(partial));
    }
    Json view = QueryOf("SELECT 1 FROM (" + MergedSql() + ")");
    view["select_list"] = group_.items;
    view["where_clause"] = group_.having;
    TR_SQL_TRY(plan.view_sql, TreeText(StatementOf(std::move(view))));
    return plan;
  }

  // Folding may widen a type; what is stored keeps it.
  static std::string Typed(const Partial& partial) {
    std::vector<std::string> columns;
    for (const ResultColumn& column : partial.columns)
      columns.push_back(fmt::format("CAST({0} AS {1}) AS {0}", QuoteIdentifier(column.name),
                                    column.type == "\"NULL\"" ? "INTEGER" : column.type));
    return fmt::format("SELECT {} FROM ({})", Joined(columns, ", "), partial.compact_sql);
  }

  const TableQuery& query_;
  const GroupQuery& group_;
  std::vector<std::string> keys_;
  std::vector<StateColumn> columns_;
  std::vector<std::string> merges_;
  std::vector<std::string> group_answers_;
  std::vector<ValueTable> value_tables_;
  std::vector<Draft> drafts_;
  std::string groups_sql_;
  std::vector<std::string> joins_;
  std::vector<Answer> joined_answers_;
};

}  // namespace

SqlResult<IncrementalPlan> PlanGroups(const TableQuery& query) {
  TR_SQL_TRY(const GroupQuery group, TakeApart(query));
  TR_SQL_TRY(IncrementalPlan plan, GroupPlanner(query, group).Plan());
  TR_SQL_TRY(const Json records, GroupedRecords(query));
  TR_SQL_TRY(plan.count_sql, CountSql(query, records));
  return plan;
}

}  // namespace tailrace::sql
