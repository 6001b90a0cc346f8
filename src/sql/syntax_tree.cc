#include "sql/syntax_tree.h"

#include <algorithm>

#include "base/check.h"

namespace tailrace::sql {
namespace {

char LowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void DropPlaces(Json& node, bool top) {
  if (node.is_object()) {
    node.erase("query_location");
    if (top) node.erase("alias");
  }
  if (node.is_structured())
    for (Json& child : node) DropPlaces(child, false);
}

}  // namespace

std::string_view TextAt(const Json& node, const char* key) {
  if (!node.is_object()) return {};
  const auto member = node.find(key);
  if (member == node.end() || !member->is_string()) return {};
  return member->get_ref<const std::string&>();
}

bool IsClass(const Json& node, std::string_view name) { return TextAt(node, "class") == name; }
bool IsType(const Json& node, std::string_view name) { return TextAt(node, "type") == name; }

bool IsNull(const Json& node, const char* key) {
  const auto member = node.find(key);
  return member == node.end() || member->is_null();
}

std::optional<size_t> PositionOf(const Json& node) {
  const auto member = node.find("query_location");
  if (member == node.end() || !member->is_number_unsigned() || member->get<uint64_t>() == UINT64_MAX)
    return std::nullopt;
  return member->get<size_t>();
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), LowerAscii);
  return lower;
}

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return LowerAscii(x) == LowerAscii(y); });
}

bool InMainSchema(std::string_view catalog, std::string_view schema) {
  return catalog.empty() && (schema.empty() || SameName(schema, "main"));
}

std::string RelationName(const Json& table) {
  const std::string_view catalog = TextAt(table, "catalog_name");
  const std::string_view schema = TextAt(table, "schema_name");
  std::string name(TextAt(table, "table_name"));
  if (InMainSchema(catalog, schema)) return name;
  if (!schema.empty()) name = std::string(schema) + "." + name;
  if (!catalog.empty()) name = std::string(catalog) + "." + name;
  return name;
}

bool IsCte(const Json& table, const Scope& scope) {
  return TextAt(table, "schema_name").empty() && TextAt(table, "catalog_name").empty() &&
         scope.contains(LowerCase(TextAt(table, "table_name")));
}

template <typename Node>
void VisitTables(Node& node, const Scope& outer, const std::function<void(Node&, const Scope&)>& visit) {
  if (node.is_array()) {
    for (auto& child : node) VisitTables<Node>(child, outer, visit);
    return;
  }
  if (!node.is_object()) return;
  if (IsType(node, "BASE_TABLE")) return visit(node, outer);
  Scope scope = outer;
  if (node.contains("cte_map")) {
    for (auto& entry : node["cte_map"]["map"]) {
      VisitTables<Node>(entry["value"], scope, visit);
      scope.insert(LowerCase(TextAt(entry, "key")));
    }
  }
  // Only the second part of a recursive CTE means itself by its name: in the first the name is looked up outside, even
  // among files.
  Scope recursive = scope;
  if (IsType(node, "RECURSIVE_CTE_NODE")) recursive.insert(LowerCase(TextAt(node, "cte_name")));
  for (auto& [key, child] : node.items()) {
    if (key == "cte_map") continue;
    VisitTables<Node>(child, key == "right" ? recursive : scope, visit);
  }
}

template void VisitTables<Json>(Json&, const Scope&, const std::function<void(Json&, const Scope&)>&);
template void VisitTables<const Json>(const Json&, const Scope&, const std::function<void(const Json&, const Scope&)>&);

std::string CanonicalText(const Json& expression) {
  Json copy = expression;
  DropPlaces(copy, true);
  return copy.dump();
}

void DropPositions(Json& node) {
  VisitObjects<Json>(node, [](Json& object) {
    if (object.contains("query_location")) object["query_location"] = UINT64_MAX;
  });
}

Json ExpressionOf(std::string_view sql) {
  SqlResult<Json> tree = ParseTree("SELECT " + std::string(sql));
  TR_CHECK(tree.has_value());
  Json expression = (*tree)["statements"][0]["node"]["select_list"][0];
  DropPositions(expression);
  return expression;
}

Json QueryOf(std::string_view sql) {
  SqlResult<Json> tree = ParseTree(sql);
  TR_CHECK(tree.has_value());
  Json node = (*tree)["statements"][0]["node"];
  DropPositions(node);
  return node;
}

Json StatementOf(Json node) {
  Json statement = {{"node", std::move(node)}, {"named_param_map", Json::array()}};
  return {{"error", false}, {"statements", Json::array({std::move(statement)})}};
}

}  // namespace tailrace::sql
