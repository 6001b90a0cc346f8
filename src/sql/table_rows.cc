// Tables without aggregates: a row for each record, or with `unique` the last one for each key.
#include <fmt/format.h>

#include <algorithm>

#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

// The rows with the columns of the answer under their names, then the places.
struct NamedRows {
  std::string head;  // SELECT * FROM (
  std::string text;  // over the batch relation
  std::string tail;  // ) AS "#rows"("a", "b", "#seq")
  std::vector<std::string> names;
  std::vector<std::string> places;
  std::vector<ResultColumn> columns;  // all of them
  Json node;                          // bound; `text` is of it
};

SqlResult<NamedRows> RowsOf(const TableQuery& query) {
  const bool unique = !query.request->unique.empty();
  TR_SQL_TRY(BoundQuery bound, BindQuery(query, unique ? PlaceNeed::kRow : PlaceNeed::kRecord));
  NamedRows rows;
  rows.places = bound.source.places;
  for (const std::string& place : rows.places)
    bound.node["select_list"].push_back(ExpressionOf(QuoteIdentifier(place)));
  for (const ResultColumn& column : query.columns) rows.names.push_back(column.name);
  std::vector<std::string> all = rows.names;
  all.insert(all.end(), rows.places.begin(), rows.places.end());
  rows.head = "SELECT *";
  if (unique && HasUnnest(query.node["select_list"])) {
    // Several rows of one record: they come in their order.
    rows.places.push_back("#n");
    rows.head += fmt::format(", row_number() OVER () AS {}", QuoteIdentifier(rows.places.back()));
  }
  rows.head += " FROM (";
  rows.tail = fmt::format(") AS {}({})", QuoteIdentifier("#rows"), QuotedList(all));
  TR_SQL_TRY(rows.text, BatchText(query, bound.node));
  TR_SQL_TRY(const std::string scratch_text, TreeText(StatementOf(bound.node)));
  TR_SQL_TRY(rows.columns, query.scratch->DescribeWith({}, rows.head + scratch_text + rows.tail));
  rows.node = std::move(bound.node);
  return rows;
}

SqlResult<std::vector<bool>> KeyColumns(const TableQuery& query, const NamedRows& rows) {
  std::vector<bool> is_key(rows.names.size(), false);
  for (const std::string& key : query.request->unique) {
    const auto found = std::find_if(rows.names.begin(), rows.names.end(),
                                    [&](const std::string& name) { return SameName(name, key); });
    if (found == rows.names.end())
      return Refuse(fmt::format("`unique` names {}, which is not a column of the table", key));
    is_key[static_cast<size_t>(found - rows.names.begin())] = true;
  }
  return is_key;
}

// The last row for each key of what `from` holds.
std::string LastRows(const NamedRows& rows, const std::vector<bool>& is_key, const std::string& from,
                     bool with_places) {
  const std::string place = PlaceValue(rows.places);
  std::string columns;
  std::vector<std::string> keys;
  for (size_t i = 0; i < rows.names.size(); ++i) {
    const std::string name = QuoteIdentifier(rows.names[i]);
    columns += (i > 0 ? ", " : "") + (is_key[i] ? name : fmt::format("arg_max_null({}, {}) AS {}", name, place, name));
    if (is_key[i]) keys.push_back(rows.names[i]);
  }
  if (with_places)
    for (const std::string& column : rows.places)
      columns += fmt::format(", arg_max_null({0}, {1}) AS {0}", QuoteIdentifier(column), place);
  return fmt::format("SELECT {} FROM {} GROUP BY {}", columns, from, QuotedList(keys));
}

}  // namespace

SqlResult<IncrementalPlan> PlanRows(const TableQuery& query) {
  TR_SQL_TRY(const NamedRows rows, RowsOf(query));
  Partial partial;
  partial.physical_name = PhysicalName(*query.request, "rows");
  partial.columns = rows.columns;
  partial.select_sql = rows.head + rows.text + rows.tail;
  const std::string physical = QuoteIdentifier(partial.physical_name);
  IncrementalPlan plan;
  TR_SQL_TRY(plan.count_sql, CountSql(query, rows.node));
  if (query.request->unique.empty()) {
    plan.view_sql = fmt::format("SELECT {} FROM {}", QuotedList(rows.names), physical);
  } else {
    TR_SQL_TRY(const std::vector<bool> is_key, KeyColumns(query, rows));
    partial.select_sql = LastRows(rows, is_key, "(" + partial.select_sql + ")", true);
    partial.compact_sql = LastRows(rows, is_key, physical, true);
    plan.view_sql = LastRows(rows, is_key, physical, false);
  }
  plan.partials.push_back(std::move(partial));
  return plan;
}

}  // namespace tailrace::sql
