#include "sql/table_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sql/duckdb.h"
#include "sql/function_list.h"

namespace tailrace::sql {
namespace {

constexpr std::string_view kWayOut = "put it in a view over the table or the stream";

// A place column and the relation of the FROM that it comes from.
struct Place {
  std::string name;
  std::string owner;
};

// CTEs in scope: names in lower case and the entries of the tree.
using Ctes = std::map<std::string, Json*>;

bool AnyFunction(const Json& node, const std::function<bool(std::string_view)>& wanted) {
  if (IsClass(node, "SUBQUERY")) return false;
  if (IsClass(node, "FUNCTION") && wanted(TextAt(node, "function_name"))) return true;
  if (!node.is_structured()) return false;
  return std::any_of(node.begin(), node.end(), [&](const Json& child) { return AnyFunction(child, wanted); });
}

bool IsUnnest(std::string_view name) { return SameName(name, "unnest") || SameName(name, "unlist"); }

bool HasTables(const Json& node) {
  bool found = false;
  VisitTables<const Json>(node, {},
                          [&](const Json& table, const Scope& scope) { found = found || !IsCte(table, scope); });
  return found;
}

Json ColumnRef(std::string_view name) { return ExpressionOf(QuoteIdentifier(name)); }

class Binder {
 public:
  explicit Binder(const TableSourceRequest& request) : request_(request) {}

  SqlResult<TableSource> Bind(Json& node) {
    names_record_ = NamesRecord(node);
    Ctes ctes;
    TR_SQL_TRY(const std::vector<Place> places, BindFrom(node, ctes));
    TableSource source;
    for (const Place& place : places) source.places.push_back(place.name);
    if (!IsType(node["from_table"], "JOIN")) source.alias = AliasOf(node["from_table"]);
    return source;
  }

 private:
  static std::string AliasOf(const Json& table) {
    const std::string_view alias = TextAt(table, "alias");
    return std::string(alias.empty() ? TextAt(table, "table_name") : alias);
  }

  // The CTEs and the FROM of one SELECT. What its stars must not bring is taken out of them.
  SqlResult<std::vector<Place>> BindFrom(Json& node, Ctes ctes) {
    for (Json& entry : node["cte_map"]["map"]) ctes[LowerCase(TextAt(entry, "key"))] = &entry["value"]["query"];
    hidden_.clear();
    TR_SQL_TRY(std::vector<Place> places, BindTable(node["from_table"], ctes));
    std::vector<Place> hidden = places;
    hidden.insert(hidden.end(), hidden_.begin(), hidden_.end());
    hidden_.clear();
    for (Json& item : node["select_list"]) {
      VisitObjects<Json>(item, [&](Json& object) {
        if (!IsClass(object, "STAR")) return;
        for (const Place& place : hidden) Hide(object, place);
      });
    }
    return places;
  }

  static void Hide(Json& star, const Place& place) {
    const std::string_view relation = TextAt(star, "relation_name");
    if (!relation.empty() && !SameName(relation, place.owner)) return;
    Json& excluded = star["exclude_list"];
    for (const Json& name : excluded)
      if (name.is_string() && SameName(name.get_ref<const std::string&>(), place.name)) return;
    excluded.push_back(place.name);
  }

  SqlResult<std::vector<Place>> BindTable(Json& table, const Ctes& ctes) {
    if (!IsNull(table, "sample"))
      return Refuse(fmt::format("TABLESAMPLE keeps other rows at each replay; {}", kWayOut), PositionOf(table));
    if (IsType(table, "BASE_TABLE")) return BindBaseTable(table, ctes);
    if (IsType(table, "SUBQUERY")) return BindInner(table["subquery"]["node"], ctes, AliasOf(table), PositionOf(table));
    if (IsType(table, "JOIN")) return BindJoin(table, ctes);
    if (IsType(table, "EMPTY")) return Refuse("a table reads a stream: FROM " + request_.stream);
    return Refuse(fmt::format("a table reads stream {} and nothing else; {}", request_.stream, kWayOut),
                  PositionOf(table));
  }

  SqlResult<std::vector<Place>> BindBaseTable(Json& table, const Ctes& ctes) {
    const std::string name = RelationName(table);
    const auto cte = TextAt(table, "schema_name").empty() ? ctes.find(LowerCase(name)) : ctes.end();
    const bool is_stream = cte == ctes.end() && SameName(name, request_.stream);
    if (cte == ctes.end() && !is_stream)
      return Refuse(
          fmt::format("a table reads one stream ({}) and nothing else: join {} in a view", request_.stream, name),
          PositionOf(table));
    if (!IsNull(table, "at_clause")) return Refuse("AT is not for streams", PositionOf(table));
    if (cte != ctes.end()) {
      Ctes before = ctes;
      before.erase(cte->first);  // a CTE means nothing inside itself
      return BindInner((*cte->second)["node"], before, AliasOf(table), PositionOf(table));
    }
    if (seen_stream_)
      return Refuse(fmt::format("stream {} is read twice; {}", request_.stream, kWayOut), PositionOf(table));
    seen_stream_ = true;
    return BindStream(table);
  }

  // (SELECT its columns, and its place FROM batch) under the same name.
  SqlResult<std::vector<Place>> BindStream(Json& table) {
    const std::string alias = AliasOf(table);
    std::string columns;
    for (const std::string& column : request_.stream_columns)
      columns += (columns.empty() ? "" : ", ") + QuoteIdentifier(column);
    if (names_record_) {
      columns += ", " + QuoteIdentifier(kRecordColumn);
      hidden_.push_back({std::string(kRecordColumn), alias});
    }
    std::vector<Place> places;
    if (request_.places != PlaceNeed::kNone) {
      columns += fmt::format(", {} AS {}", QuoteIdentifier(kSeqColumn), QuoteIdentifier(kSeqPlace));
      places.push_back({std::string(kSeqPlace), alias});
    }
    Json subquery = QueryOf(
        fmt::format("FROM (SELECT {} FROM {})", columns, QuoteIdentifier(request_.batch_relation)))["from_table"];
    subquery["alias"] = alias;
    subquery["column_name_alias"] = table["column_name_alias"];
    table = std::move(subquery);
    return places;
  }

  SqlResult<std::vector<Place>> BindJoin(Json& join, const Ctes& ctes) {
    TR_SQL_TRY(std::vector<Place> places, BindTable(join["left"], ctes));
    Json& right = join["right"];
    const bool plain = IsType(right, "TABLE_FUNCTION") || IsType(right, "SUBQUERY") || IsType(right, "EXPRESSION_LIST");
    const std::string_view kind = TextAt(join, "join_type");
    const std::string_view reference = TextAt(join, "ref_type");
    if (!plain || HasTables(right))
      return Refuse(fmt::format("a table reads one stream ({}) and nothing else: join in a view", request_.stream),
                    PositionOf(right));
    if ((kind != "INNER" && kind != "LEFT") || (reference != "REGULAR" && reference != "CROSS"))
      return Refuse(fmt::format("this kind of join is not kept; {}", kWayOut), PositionOf(right));
    if (IsType(right, "TABLE_FUNCTION") && !IsUnnest(TextAt(right["function"], "function_name")))
      return Refuse(fmt::format("only unnest() may stand beside a stream; {}", kWayOut), PositionOf(right));
    if (request_.places != PlaceNeed::kRow) return places;
    if (!IsType(right, "TABLE_FUNCTION"))
      return Refuse(
          "the order of the rows that this subquery makes of one record is not defined: write FROM stream, "
          "unnest(list)",
          PositionOf(right));
    if (TextAt(right, "with_ordinality") == "WITH_ORDINALITY")
      return Refuse(
          "WITH ORDINALITY and a function that asks for the order of the rows do not go together: leave it out",
          PositionOf(right));
    places.push_back(NumberElements(right));
    return places;
  }

  // Makes the unnest() in FROM number the elements.
  Place NumberElements(Json& unnest) {
    const std::string name = NextPlace();
    unnest["with_ordinality"] = "WITH_ORDINALITY";
    Json& names = unnest["column_name_alias"];
    if (names.empty()) names.push_back("unnest");
    names.push_back(name);
    if (TextAt(unnest, "alias").empty()) unnest["alias"] = "unnest";
    return {name, std::string(TextAt(unnest, "alias"))};
  }

  // A SELECT below the outermost: record by record, or refused.
  SqlResult<std::vector<Place>> BindInner(Json& node, const Ctes& ctes, const std::string& alias,
                                          std::optional<size_t> position) {
    if (!IsType(node, "SELECT_NODE"))
      return Refuse(fmt::format("UNION, EXCEPT, INTERSECT and recursion are not kept in tables; {}", kWayOut),
                    position);
    const bool grouped = !node["group_sets"].empty() || TextAt(node, "aggregate_handling") != "STANDARD_HANDLING" ||
                         !IsNull(node, "having") || HasAggregate(node["select_list"]);
    if (grouped)
      return Refuse(fmt::format("only the outermost SELECT of a table may aggregate; {}", kWayOut), position);
    if (!node["modifiers"].empty() || !IsNull(node, "qualify") || !IsNull(node, "sample"))
      return Refuse(fmt::format("DISTINCT, ORDER BY, LIMIT and QUALIFY are not kept in tables; {}", kWayOut), position);
    TR_SQL_TRY(std::vector<Place> places, BindFrom(node, ctes));
    if (request_.places == PlaceNeed::kNone) return places;
    for (const Place& place : places) node["select_list"].push_back(ColumnRef(place.name));
    if (request_.places == PlaceNeed::kRow && HasUnnest(node["select_list"]))
      places.push_back({NumberRows(node), alias});
    for (Place& place : places) place.owner = alias;
    return places;
  }

  // unnest() in the select list makes several rows of one; the rows come in their order.
  std::string NumberRows(Json& node) {
    const std::string name = NextPlace();
    Json outer = QueryOf(fmt::format("SELECT *, row_number() OVER () AS {} FROM (SELECT 1)", QuoteIdentifier(name)));
    outer["from_table"]["subquery"]["node"] = std::move(node);
    node = std::move(outer);
    return name;
  }

  std::string NextPlace() { return fmt::format("#n{}", ++numbered_); }

  const TableSourceRequest& request_;
  std::vector<Place> hidden_;  // beside the places, of the FROM just bound
  bool names_record_ = false;
  bool seen_stream_ = false;
  int numbered_ = 0;
};

// `main.stream.column` has no meaning once a subquery stands for the stream.
void DropSchemas(Json& node, const std::string& stream) {
  VisitObjects<Json>(node, [&](Json& object) {
    if (!IsClass(object, "COLUMN_REF")) return;
    Json& names = object["column_names"];
    if (names.size() >= 3 && SameName(names[0].get<std::string>(), "main") &&
        SameName(names[1].get<std::string>(), stream))
      names.erase(0);
  });
}

}  // namespace

bool NamesRecord(const Json& node) {
  bool found = false;
  VisitObjects<const Json>(node, [&](const Json& object) {
    if (!IsClass(object, "COLUMN_REF")) return;
    for (const Json& name : object["column_names"])
      found = found || SameName(name.get_ref<const std::string&>(), kRecordColumn);
  });
  return found;
}

bool HasAggregate(const Json& expression) {
  return AnyFunction(expression, [](std::string_view name) {
    const auto kind = KindOfFunction(name);
    return kind == FunctionKind::kAggregate || kind == FunctionKind::kAggregatingMacro;
  });
}

bool HasUnnest(const Json& expression) { return AnyFunction(expression, IsUnnest); }

SqlResult<TableSource> BindTableSource(Json& node, const TableSourceRequest& request) {
  DropSchemas(node, request.stream);
  Binder binder(request);
  return binder.Bind(node);
}

}  // namespace tailrace::sql
