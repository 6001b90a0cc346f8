#include "sql/gate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "sql/function_list.h"
#include "sql/size_bounds.h"
#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

constexpr std::string_view kExpressionClasses[] = {
    "BETWEEN",  "CASE",   "CAST",     "COLLATE",   "COLUMN_REF",           "COMPARISON", "CONJUNCTION", "CONSTANT",
    "FUNCTION", "LAMBDA", "OPERATOR", "PARAMETER", "POSITIONAL_REFERENCE", "STAR",       "SUBQUERY",    "WINDOW"};

// Types of what is not an expression: queries, tables, modifiers, orders.
constexpr std::string_view kNodeTypes[] = {"ASCENDING",
                                           "BASE_TABLE",
                                           "DESCENDING",
                                           "DISTINCT_MODIFIER",
                                           "EMPTY",
                                           "EXPRESSION_LIST",
                                           "JOIN",
                                           "LIMIT_MODIFIER",
                                           "LIMIT_PERCENT_MODIFIER",
                                           "ORDER_DEFAULT",
                                           "ORDER_MODIFIER",
                                           "PIVOT",
                                           "RECURSIVE_CTE_NODE",
                                           "SELECT_NODE",
                                           "SET_OPERATION_NODE",
                                           "SUBQUERY",
                                           "TABLE_FUNCTION"};

bool OneOf(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class Gate {
 public:
  explicit Gate(const std::function<bool(std::string_view)>& is_known) : is_known_(is_known) {}

  std::optional<SqlError> Check(const Json& node) {
    VisitTables<const Json>(node, {}, [this](const Json& table, const Scope& scope) { CheckRelation(table, scope); });
    CheckNode(node);
    if (!error_) error_ = RefuseUnboundedSizes(node);
    return error_;
  }

 private:
  void Stop(std::string message, const Json& node) {
    if (!error_) error_ = SqlError{std::move(message), PositionOf(node)};
  }

  void CheckRelation(const Json& table, const Scope& scope) {
    if (++relations_ > kUserRelationsMax)
      return Stop(fmt::format("a query may read {} relations", kUserRelationsMax), table);
    if (!IsNull(table, "at_clause")) return Stop("AT is not allowed", table);
    if (IsCte(table, scope)) return;
    const std::string name = RelationName(table);
    if (!TextAt(table, "catalog_name").empty() || !is_known_(name))
      Stop("there is no table, view or stream " + name, table);
  }

  void CheckNode(const Json& node) {
    if (error_) return;
    if (node.is_object()) CheckObject(node);
    if (!node.is_structured()) return;
    for (const Json& child : node) CheckNode(child);
  }

  void CheckObject(const Json& node) {
    if (const std::string_view kind = TextAt(node, "class"); !kind.empty()) return CheckExpression(node, kind);
    const std::string_view type = TextAt(node, "type");
    if (type.empty() || type.ends_with("_TYPE_INFO")) return;
    if (!OneOf(kNodeTypes, type))
      return Stop(fmt::format("{} is not allowed", type == "SHOW_REF" ? "DESCRIBE, SHOW or SUMMARIZE" : type), node);
    if (type == "TABLE_FUNCTION") CheckTableFunction(node);
    if (type == "PIVOT") CheckPivot(node);
  }

  void CheckExpression(const Json& node, std::string_view kind) {
    if (!OneOf(kExpressionClasses, kind)) return Stop(fmt::format("{} is not allowed", kind), node);
    if (kind == "WINDOW") return CheckName(node, true);
    if (kind == "FUNCTION" && &node != table_function_) CheckName(node, false);
  }

  void CheckName(const Json& function, bool window) {
    const std::string name(TextAt(function, "function_name"));
    const std::optional<FunctionKind> kind = KindOfFunction(name);
    const bool listed = kind && (window || kind != FunctionKind::kWindow);
    if (!listed || !InMainSchema(TextAt(function, "catalog"), TextAt(function, "schema")))
      return Stop(fmt::format("function {}() is not allowed here", name), function);
    if (function.value("export_state", false)) Stop("EXPORT_STATE is not allowed", function);
  }

  void CheckTableFunction(const Json& node) {
    const Json& function = node["function"];
    const std::string name(TextAt(function, "function_name"));
    if (!IsClass(function, "FUNCTION") || !IsListedTableFunction(name) ||
        !InMainSchema(TextAt(function, "catalog"), TextAt(function, "schema")))
      return Stop(fmt::format("table function {}() is not allowed", name.empty() ? "of this kind" : name), node);
    table_function_ = &function;  // visited next
  }

  // The values of a PIVOT must be written out: with a subquery or an enum DuckDB runs a query of its own before ours.
  void CheckPivot(const Json& node) {
    for (const Json& pivot : node["pivots"]) {
      if (!IsNull(pivot, "subquery") || !TextAt(pivot, "pivot_enum").empty())
        return Stop("a PIVOT needs its values written out: IN ('a', 'b')", node);
    }
  }

  const std::function<bool(std::string_view)>& is_known_;
  const Json* table_function_ = nullptr;
  size_t relations_ = 0;
  std::optional<SqlError> error_;
};

}  // namespace

std::optional<SqlError> RefuseUserSelect(const Select& select, const std::function<bool(std::string_view)>& is_known) {
  return Gate(is_known).Check(select.tree().node());
}

}  // namespace tailrace::sql
