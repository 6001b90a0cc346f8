// How many records of a batch a table's SELECT makes rows of. A second reading of the batch, beside the one that makes the
// rows: only WHERE and what is unnested are worked out again.
#include <fmt/format.h>

#include "base/check.h"
#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

// Whether a row of FROM is a record, so that rows need only be counted.
bool ReadsTheStreamItself(const TableQuery& query) {
  const Json& from = query.node["from_table"];
  return IsType(from, "BASE_TABLE") && SameName(RelationName(from), query.request->stream) &&
         query.node["cte_map"]["map"].empty();
}

SqlResult<std::string> CountedRows(const TableQuery& query, const Json& rows) {
  TR_SQL_TRY(const std::string text, BatchText(query, rows));
  return fmt::format("(SELECT count(*) FROM ({}))", text);
}

// False and null alike, as WHERE takes them.
Json NotTrue(const Json& condition) {
  constexpr std::string_view kCondition = "#condition";
  Json opposite = ExpressionOf(fmt::format("coalesce(NOT {}, true)", QuoteIdentifier(kCondition)));
  bool found = false;
  VisitObjects<Json>(opposite, [&](Json& object) {
    if (found || !IsClass(object, "COLUMN_REF")) return;
    found = true;
    object = condition;
  });
  TR_CHECK(found);
  return opposite;
}

// Each row is one record: those of WHERE, and those of its opposite.
SqlResult<std::string> CountByCondition(const TableQuery& query, const Json& rows) {
  TR_SQL_TRY(const std::string emitted, CountedRows(query, rows));
  if (IsNull(rows, "where_clause")) return fmt::format("SELECT {}, 0::BIGINT", emitted);
  Json opposite = rows;
  opposite["where_clause"] = NotTrue(rows["where_clause"]);
  TR_SQL_TRY(const std::string filtered, CountedRows(query, opposite));
  return fmt::format("SELECT {}, {}", emitted, filtered);
}

}  // namespace

SqlResult<std::string> CountSql(const TableQuery& query, const Json& rows) {
  if (ReadsTheStreamItself(query) && !HasUnnest(query.node["select_list"])) return CountByCondition(query, rows);
  TR_SQL_TRY(const std::string text, BatchText(query, rows));
  const std::string place = QuoteIdentifier(kSeqPlace);
  return fmt::format(
      "WITH \"#made\" AS MATERIALIZED (SELECT DISTINCT {0} FROM ({1})) SELECT (SELECT count(*) FROM \"#made\"), (SELECT "
      "count(*) FROM {2} WHERE {3} NOT IN (SELECT {0} FROM \"#made\"))",
      place, text, QuoteIdentifier(query.request->batch_relation), QuoteIdentifier(kSeqColumn));
}

}  // namespace tailrace::sql
