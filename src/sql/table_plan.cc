#include "sql/table_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/function_list.h"
#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

constexpr std::string_view kView = "put it in a view over the table";

struct Unkept {
  std::string what;
  std::optional<size_t> position;
};

bool IsTimeWord(const Json& column) {
  constexpr std::string_view kWords[] = {"current_timestamp", "current_date", "current_time", "localtime",
                                         "localtimestamp"};
  const Json& names = column["column_names"];
  return names.size() == 1 && std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view word) {
           return SameName(word, names[0].get_ref<const std::string&>());
         });
}

std::optional<std::string> WhyFunctionIsUnkept(const Json& function) {
  const std::string name(TextAt(function, "function_name"));
  const std::optional<FunctionKind> kind = KindOfFunction(name);
  const bool counts_from_today = SameName(name, "age") && function["children"].size() == 1;
  if (kind == FunctionKind::kNow || counts_from_today)
    return fmt::format("{}() would answer otherwise at a replay: use _ingested_at, or {}", name, kView);
  if (kind == FunctionKind::kVolatile) return fmt::format("{}() would answer otherwise at a replay: {}", name, kView);
  if (kind == FunctionKind::kAggregatingMacro) return fmt::format("{}() is not kept incrementally: {}", name, kView);
  if (!kind && !IsListedTableFunction(name))
    return fmt::format("{}() is not a function that tables may call: {}", name, kView);
  return std::nullopt;
}

std::optional<std::string> WhyExpressionIsUnkept(const Json& object) {
  if (IsClass(object, "SUBQUERY")) return fmt::format("subqueries are not kept in tables: {}, as a join", kView);
  if (IsClass(object, "WINDOW")) return fmt::format("window functions are not kept in tables: {}", kView);
  if (IsClass(object, "PARAMETER")) return "a table has no parameters";
  if (IsType(object, "GROUPING_FUNCTION")) return fmt::format("GROUPING() is not kept in tables: {}", kView);
  if (IsClass(object, "COLUMN_REF") && IsTimeWord(object))
    return fmt::format("the current time would be another one at a replay: use _ingested_at, or {}", kView);
  if (IsClass(object, "FUNCTION")) return WhyFunctionIsUnkept(object);
  return std::nullopt;
}

std::optional<std::string> WhyModifierIsUnkept(const Json& modifier) {
  if (IsType(modifier, "DISTINCT_MODIFIER"))
    return fmt::format(
        "DISTINCT is not kept in tables: use GROUP BY ALL, or `unique:` for the last record of a key, or {}", kView);
  if (IsType(modifier, "ORDER_MODIFIER")) return fmt::format("a table has no ORDER BY: {}", kView);
  return fmt::format("a table has no LIMIT: {}", kView);
}

SqlResult<void> RefuseUnkept(const Json& node) {
  if (!IsType(node, "SELECT_NODE"))
    return Refuse(fmt::format("UNION, EXCEPT, INTERSECT and recursion are not kept in tables: {}", kView));
  if (!IsNull(node, "qualify"))
    return Refuse(fmt::format("QUALIFY is not kept in tables: {}", kView), PositionOf(node["qualify"]));
  if (!IsNull(node, "sample")) return Refuse(fmt::format("a sample is another one at each replay: {}", kView));
  if (node["group_sets"].size() > 1)
    return Refuse(fmt::format("GROUPING SETS, CUBE and ROLLUP are not kept in tables: {}", kView));
  for (const Json& modifier : node["modifiers"])
    if (auto why = WhyModifierIsUnkept(modifier)) return Refuse(*why);
  std::optional<Unkept> unkept;
  VisitObjects<const Json>(node, [&](const Json& object) {
    if (unkept) return;
    if (auto why = WhyExpressionIsUnkept(object)) unkept = Unkept{*why, PositionOf(object)};
  });
  if (unkept) return Refuse(unkept->what, unkept->position);
  return {};
}

SqlResult<std::vector<std::string>> NamesOfStream(const TablePlanRequest& request, Scratch& scratch) {
  TR_SQL_TRY(const std::vector<ResultColumn> columns, scratch.Describe("FROM " + QuoteIdentifier(request.stream)));
  std::vector<std::string> names;
  for (const ResultColumn& column : columns) names.push_back(column.name);
  return names;
}

SqlResult<std::vector<ResultColumn>> AnswerOf(const TableQuery& query) {
  // As written, for the places of mistakes and for the names of expressions; only batches have `_record`.
  if (!NamesRecord(query.node)) return query.scratch->Describe(query.request->sql);
  TR_SQL_TRY(const BoundQuery bound, BindQuery(query, PlaceNeed::kNone));
  SqlResult<std::vector<ResultColumn>> columns = DescribeBound(query, bound.node);
  if (columns) return columns;
  return Refuse(columns.error().message);
}

SqlResult<void> RefuseSameNames(const std::vector<ResultColumn>& columns) {
  for (size_t i = 0; i < columns.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (SameName(columns[i].name, columns[j].name))
        return Refuse(fmt::format("two columns are named {}: give one of them another name with AS", columns[i].name));
  return {};
}

bool Aggregates(const Json& node) {
  return !node["group_sets"].empty() || TextAt(node, "aggregate_handling") != "STANDARD_HANDLING" ||
         !IsNull(node, "having") || HasAggregate(node["select_list"]);
}

// The view must answer what the SELECT does: names and types, by DuckDB's own binder.
SqlResult<void> Verify(const IncrementalPlan& plan, Scratch& scratch) {
  std::vector<std::pair<std::string, std::vector<ResultColumn>>> physical;
  for (const Partial& partial : plan.partials) physical.emplace_back(partial.physical_name, partial.columns);
  auto same = [](const std::vector<ResultColumn>& a, const std::vector<ResultColumn>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const ResultColumn& x, const ResultColumn& y) {
      const bool both_null =
          (x.type == "\"NULL\"" || y.type == "\"NULL\"") && (x.type == "INTEGER" || y.type == "INTEGER");
      return x.name == y.name && (x.type == y.type || both_null);
    });
  };
  auto check = [&](const std::string& sql, const std::vector<ResultColumn>& wanted) -> SqlResult<void> {
    SqlResult<std::vector<ResultColumn>> columns = scratch.DescribeWith(physical, sql);
    if (!columns)
      return Refuse(fmt::format("this SELECT cannot be kept incrementally ({}): {}", columns.error().message, kView));
    if (!same(*columns, wanted))
      return Refuse(fmt::format("this SELECT cannot be kept incrementally (its columns would change): {}", kView));
    return {};
  };
  if (auto checked = check(plan.view_sql, plan.columns); !checked) return checked;
  for (const Partial& partial : plan.partials) {
    if (partial.compact_sql.empty()) continue;
    if (auto checked = check(partial.compact_sql, partial.columns); !checked) return checked;
  }
  return {};
}

}  // namespace

SqlResult<BoundQuery> BindQuery(const TableQuery& query, PlaceNeed places) {
  BoundQuery bound{query.node, {}};
  TR_SQL_TRY(bound.source,
             BindTableSource(bound.node, {query.request->stream, Scratch::BatchRelation(query.request->stream),
                                          query.stream_columns, places}));
  return bound;
}

SqlResult<std::string> BatchText(const TableQuery& query, const Json& bound_node) {
  Json node = bound_node;
  const std::string scratch_relation = Scratch::BatchRelation(query.request->stream);
  VisitTables<Json>(node, {}, [&](Json& table, const Scope&) {
    if (TextAt(table, "table_name") == scratch_relation) table["table_name"] = query.request->batch_relation;
  });
  return TreeText(StatementOf(std::move(node)));
}

SqlResult<std::vector<ResultColumn>> DescribeBound(const TableQuery& query, const Json& bound_node) {
  TR_SQL_TRY(const std::string text, TreeText(StatementOf(bound_node)));
  SqlResult<std::vector<ResultColumn>> columns = query.scratch->DescribeWith({}, text);
  if (!columns) return Refuse(columns.error().message);  // its place is one in a text of ours
  return columns;
}

SqlResult<std::string> ExpressionText(Json expression) {
  constexpr std::string_view kSelect = "SELECT ";
  expression["alias"] = "";
  Json node = QueryOf("SELECT 1");
  node["select_list"][0] = std::move(expression);
  TR_SQL_TRY(const std::string text, TreeText(StatementOf(std::move(node))));
  return text.substr(kSelect.size());
}

std::string PlaceValue(const std::vector<std::string>& places) {
  if (places.size() == 1) return QuoteIdentifier(places[0]);
  std::string fields;
  for (size_t i = 0; i < places.size(); ++i)
    fields += fmt::format("{}'p{}': {}", i > 0 ? ", " : "", i, QuoteIdentifier(places[i]));
  return "{" + fields + "}";
}

std::string OppositePlaceValue(const std::vector<std::string>& places) {
  if (places.size() == 1) return "-" + QuoteIdentifier(places[0]);
  std::string fields;
  for (size_t i = 0; i < places.size(); ++i)
    fields += fmt::format("{}'p{}': -{}", i > 0 ? ", " : "", i, QuoteIdentifier(places[i]));
  return "{" + fields + "}";
}

std::string PhysicalName(const TablePlanRequest& request, std::string_view part) {
  return request.name + "#" + std::string(part);
}

std::string QuotedList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + QuoteIdentifier(name);
  return list;
}

SqlResult<IncrementalPlan> PlanTable(const TablePlanRequest& request, Scratch& scratch) {
  TR_SQL_TRY(const Select select, Select::Parse(request.sql));
  TableQuery query;
  query.request = &request;
  query.scratch = &scratch;
  query.node = select.tree().node();
  if (auto kept = RefuseUnkept(query.node); !kept) return tl::unexpected<SqlError>(kept.error());
  TR_SQL_TRY(query.stream_columns, NamesOfStream(request, scratch));
  {
    // What may not stand in FROM, with its place in the text.
    Json node = query.node;
    TR_SQL_TRY(const TableSource source,
               BindTableSource(node, {request.stream, request.batch_relation, query.stream_columns, PlaceNeed::kNone}));
  }
  TR_SQL_TRY(query.columns, AnswerOf(query));
  if (auto different = RefuseSameNames(query.columns); !different) return tl::unexpected<SqlError>(different.error());
  const bool aggregates = Aggregates(query.node);
  if (aggregates && !request.unique.empty())
    return Refuse("`unique` is for tables without aggregates: GROUP BY those columns instead");
  TR_SQL_TRY(IncrementalPlan plan, aggregates ? PlanGroups(query) : PlanRows(query));
  plan.columns = query.columns;
  for (Partial& partial : plan.partials)
    for (ResultColumn& column : partial.columns)
      if (column.type == "\"NULL\"") column.type = "INTEGER";  // always null: a type to store it with
  if (auto verified = Verify(plan, scratch); !verified) return tl::unexpected<SqlError>(verified.error());
  return plan;
}

}  // namespace tailrace::sql
