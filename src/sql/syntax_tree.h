// DuckDB's syntax tree as JSON, for the files of sql/ that walk or rewrite it. Only they include this header.
//
// The tree of `json_serialize_sql` holds, from the outside in:
//   {"statements": [{"node": QUERY, "named_param_map": [...]}]}
//   QUERY  "type" SELECT_NODE, SET_OPERATION_NODE or RECURSIVE_CTE_NODE; each with "cte_map" and "modifiers" (ORDER BY,
//   LIMIT, DISTINCT) TABLE  "type" BASE_TABLE, SUBQUERY, JOIN, TABLE_FUNCTION, EXPRESSION_LIST, EMPTY, PIVOT, SHOW_REF,
//   ... EXPR   "class" COLUMN_REF, FUNCTION, CONSTANT, ...; "type" is finer; "alias"; "query_location" is a byte of the
//   text, or the largest number
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sql/syntax.h"

namespace tailrace::sql {

using Json = nlohmann::json;

struct Select::Tree {
  Json root;
  Json& node() { return root["statements"][0]["node"]; }
  const Json& node() const { return root["statements"][0]["node"]; }
};

// A member that is a text, else "". ("type" is an object in constants and casts.)
std::string_view TextAt(const Json& node, const char* key);
bool IsClass(const Json& node, std::string_view name);  // of an expression
bool IsType(const Json& node, std::string_view name);   // of a query, a table or an expression
bool IsNull(const Json& node, const char* key);         // absent or null
std::optional<size_t> PositionOf(const Json& node);

// DuckDB compares names without case; so do we, for ASCII.
std::string LowerCase(std::string_view text);
bool SameName(std::string_view a, std::string_view b);

// A relation or function without a schema, or in the one where ours and DuckDB's own are.
bool InMainSchema(std::string_view catalog, std::string_view schema);

// The name of a BASE_TABLE: `t`, also for main.t; else `schema.t` or `catalog.schema.t`.
std::string RelationName(const Json& table);

using Scope = std::set<std::string>;  // names of CTEs, in lower case

// Whether a BASE_TABLE means a CTE of this scope.
bool IsCte(const Json& table, const Scope& scope);

// Calls `visit` for each BASE_TABLE at any depth with the CTEs that its name may mean. A CTE sees those before it, and
// itself only in the recursive part. `visit` may replace the table.
template <typename Node>
void VisitTables(Node& node, const Scope& scope, const std::function<void(Node& table, const Scope& scope)>& visit);

// Calls `visit` for each object at any depth, outermost first.
template <typename Node>
void VisitObjects(Node& node, const std::function<void(Node& object)>& visit) {
  if (node.is_object()) visit(node);
  if (node.is_structured())
    for (auto& child : node) VisitObjects<Node>(child, visit);
}

// The same expression but for places in the text and its own alias.
std::string CanonicalText(const Json& expression);

void DropPositions(Json& node);

// Through DuckDB's parser and back.
SqlResult<Json> ParseTree(std::string_view sql);
SqlResult<std::string> TreeText(const Json& root);

// The tree of one expression or of one SELECT, of text that we have written: it must parse.
Json ExpressionOf(std::string_view sql);
Json QueryOf(std::string_view sql);

// A whole statement around a QUERY node.
Json StatementOf(Json node);

// Our own kind of failure in functions that return SqlResult.
inline tl::unexpected<SqlError> Refuse(std::string message, std::optional<size_t> position = std::nullopt) {
  return tl::unexpected<SqlError>(SqlError{std::move(message), position});
}

// Reads DuckDB's message, which is JSON with the setting errors_as_json.
SqlError SqlErrorOf(std::string_view message);

// TR_TRY for SqlResult.
#define TR_SQL_TRY_IMPL(temporary, declaration, expression)                                       \
  auto temporary = (expression);                                                                  \
  if (!temporary) return tl::unexpected<::tailrace::sql::SqlError>(std::move(temporary).error()); \
  declaration = std::move(*temporary)
#define TR_SQL_TRY(declaration, expression) \
  TR_SQL_TRY_IMPL(TR_CONCAT(tr_sql_result_, __LINE__), declaration, expression)

}  // namespace tailrace::sql
