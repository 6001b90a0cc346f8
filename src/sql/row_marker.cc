#include "sql/row_marker.h"

#include <optional>

#include "sql/duckdb.h"
#include "sql/syntax_tree.h"
#include "sql/table_source.h"

namespace tailrace::sql {
namespace {

SqlError NotByRecord() {
  return {"each row must come from one record: no GROUP BY, DISTINCT or set operation here", std::nullopt};
}

class Marker {
 public:
  Marker(std::string_view relation, std::string_view column) : relation_(relation), column_(column) {}

  // Adds the list of the column's values to a query that aggregates.
  SqlResult<bool> MarkGroups(Json& node) {
    Json* ctes = node.contains("cte_map") ? &node["cte_map"]["map"] : nullptr;
    TR_SQL_TRY(const std::optional<Json> source, SourceOf(node["from_table"], ctes));
    if (!source) return false;
    Json list = ExpressionOf("list(x)");
    list["children"][0] = *source;
    list["alias"] = column_;
    node["select_list"].push_back(std::move(list));
    node["having"] = nullptr;
    return true;
  }

  // Adds the column to the query; false when it does not read the relation.
  SqlResult<bool> Mark(Json& node, const Json* outer_ctes) {
    if (!IsType(node, "SELECT_NODE")) return false;
    Json* ctes = node.contains("cte_map") ? &node["cte_map"]["map"] : nullptr;
    if (outer_ctes != nullptr && (ctes == nullptr || ctes->empty())) ctes = const_cast<Json*>(outer_ctes);
    TR_SQL_TRY(const std::optional<Json> source, SourceOf(node["from_table"], ctes));
    if (!source) return false;
    if (!node.value("group_expressions", Json::array()).empty() || IsDistinct(node))
      return tl::unexpected<SqlError>(NotByRecord());
    Json expression = *source;
    expression["alias"] = column_;
    node["select_list"].push_back(std::move(expression));
    return true;
  }

 private:
  static bool IsDistinct(const Json& node) {
    for (const Json& modifier : node.value("modifiers", Json::array()))
      if (IsType(modifier, "DISTINCT_MODIFIER")) return true;
    return false;
  }

  Json Column(std::string_view alias) const {
    const std::string qualifier = alias.empty() ? "" : QuoteIdentifier(alias) + ".";
    return ExpressionOf(qualifier + QuoteIdentifier(column_));
  }

  // The column as the table of a FROM clause offers it.
  SqlResult<std::optional<Json>> SourceOf(Json& table, Json* ctes) {
    if (IsType(table, "BASE_TABLE")) return OfBaseTable(table, ctes);
    if (IsType(table, "SUBQUERY")) {
      TR_SQL_TRY(const bool marked, Mark(table["subquery"]["node"], ctes));
      return marked ? std::optional(Column(TextAt(table, "alias"))) : std::nullopt;
    }
    if (IsType(table, "JOIN")) {
      TR_SQL_TRY(std::optional<Json> left, SourceOf(table["left"], ctes));
      if (left) return left;
      return SourceOf(table["right"], ctes);
    }
    return std::nullopt;
  }

  SqlResult<std::optional<Json>> OfBaseTable(Json& table, Json* ctes) {
    const std::string name = RelationName(table);
    const std::string_view alias = TextAt(table, "alias");
    for (Json* entry : Entries(ctes)) {
      if (!SameName(TextAt(*entry, "key"), name)) continue;
      Json& query = (*entry)["value"]["query"]["node"];
      if (!marked_ctes_.contains(LowerCase(name))) {
        TR_SQL_TRY(const bool marked, Mark(query, nullptr));
        if (!marked) return std::nullopt;
        marked_ctes_.insert(LowerCase(name));
      }
      return std::optional(Column(alias.empty() ? std::string_view(name) : alias));
    }
    if (!SameName(name, relation_)) return std::nullopt;
    return std::optional(Column(alias.empty() ? std::string_view(name) : alias));
  }

  static std::vector<Json*> Entries(Json* ctes) {
    std::vector<Json*> entries;
    if (ctes == nullptr || !ctes->is_array()) return entries;
    for (Json& entry : *ctes) entries.push_back(&entry);
    return entries;
  }

  const std::string relation_;
  const std::string column_;
  Scope marked_ctes_;
};

}  // namespace

SqlResult<std::string> WithMarkerColumn(const Select& select, std::string_view relation, std::string_view column) {
  Json root = select.tree().root;
  Marker marker(relation, column);
  TR_SQL_TRY(const bool marked, marker.Mark(root["statements"][0]["node"], nullptr));
  if (!marked) return tl::unexpected<SqlError>(NotByRecord());
  return TreeText(root);
}

SqlResult<std::string> RecordsOf(const Select& select, std::string_view relation, std::string_view column) {
  Json root = select.tree().root;
  Json& node = root["statements"][0]["node"];
  const bool aggregates = !node["group_sets"].empty() || TextAt(node, "aggregate_handling") != "STANDARD_HANDLING" ||
                          !IsNull(node, "having") || HasAggregate(node["select_list"]);
  if (!aggregates) return WithMarkerColumn(select, relation, column);
  Marker marker(relation, column);
  TR_SQL_TRY(const bool marked, marker.MarkGroups(node));
  if (!marked) return tl::unexpected<SqlError>(NotByRecord());
  return TreeText(root);
}

}  // namespace tailrace::sql
