// What a SELECT reads, and views put in place of their names.
#include <algorithm>
#include <limits>

#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

constexpr int kViewDepthMax = 64;

const std::string* FindView(const std::map<std::string, std::string>& views, std::string_view name) {
  const auto exact = views.find(std::string(name));
  if (exact != views.end()) return &exact->second;
  for (const auto& [view, sql] : views)
    if (SameName(view, name)) return &sql;
  return nullptr;
}

class ViewInliner {
 public:
  explicit ViewInliner(const std::map<std::string, std::string>& views) : views_(views) {}

  void Inline(Json& node, const Scope& scope, int depth) {
    VisitTables<Json>(node, scope, [&](Json& table, const Scope& here) { InlineTable(table, here, depth); });
  }

  const std::optional<SqlError>& error() const { return error_; }

 private:
  void InlineTable(Json& table, const Scope& scope, int depth) {
    if (error_ || IsCte(table, scope)) return;
    const std::string name = RelationName(table);
    const std::string* sql = FindView(views_, name);
    if (sql == nullptr) return;
    if (depth >= kViewDepthMax) return Stop("view " + name + " reads itself, or views are nested too deeply", table);
    SqlResult<Json> body = ParseTree(*sql);
    if (!body) return Stop("view " + name + ": " + body.error().message, table);
    Json statement = (*body)["statements"][0];
    DropPositions(statement);
    KeepFromCapture(statement["node"], scope);
    Inline(statement["node"], {}, depth + 1);
    table = Subquery(table, name, std::move(statement));
  }

  // The view's relations are not the CTEs around the place where it is put.
  static void KeepFromCapture(Json& node, const Scope& outer) {
    VisitTables<Json>(node, {}, [&](Json& table, const Scope& own) {
      if (!IsCte(table, own) && IsCte(table, outer)) table["schema_name"] = "main";
    });
  }

  static Json Subquery(const Json& table, const std::string& name, Json statement) {
    Json subquery = {{"type", "SUBQUERY"}, {"subquery", std::move(statement)}};
    for (const char* key : {"sample", "column_name_alias", "query_location"}) subquery[key] = table.value(key, Json());
    const std::string_view alias = TextAt(table, "alias");
    subquery["alias"] = alias.empty() ? name : std::string(alias);
    return subquery;
  }

  void Stop(std::string message, const Json& table) { error_ = SqlError{std::move(message), PositionOf(table)}; }

  const std::map<std::string, std::string>& views_;
  std::optional<SqlError> error_;
};

}  // namespace

std::vector<RelationRef> Select::Relations() const {
  constexpr size_t kNowhere = std::numeric_limits<size_t>::max();
  std::vector<RelationRef> found;
  VisitTables<const Json>(tree_->node(), {}, [&](const Json& table, const Scope& scope) {
    if (!IsCte(table, scope)) found.push_back({RelationName(table), PositionOf(table).value_or(kNowhere)});
  });
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  std::vector<RelationRef> once;
  for (RelationRef& relation : found) {
    if (relation.position == kNowhere) relation.position = 0;
    const bool known =
        std::any_of(once.begin(), once.end(), [&](const auto& other) { return SameName(other.name, relation.name); });
    if (!known) once.push_back(std::move(relation));
  }
  return once;
}

bool Select::ReadsWholeRows() const {
  bool whole = false;
  std::set<std::string> rows;  // what a row may be called, in lower case
  VisitObjects<const Json>(tree_->node(), [&](const Json& node) {
    if (IsClass(node, "STAR")) whole = true;
    for (const char* key : {"table_name", "alias"}) {
      if (IsType(node, "BASE_TABLE") || IsType(node, "SUBQUERY")) rows.insert(LowerCase(TextAt(node, key)));
    }
  });
  VisitObjects<const Json>(tree_->node(), [&](const Json& node) {
    if (!IsClass(node, "COLUMN_REF") || !node.contains("column_names") || node["column_names"].size() != 1) return;
    const Json& name = node["column_names"][0];
    if (name.is_string() && rows.contains(LowerCase(name.get<std::string>()))) whole = true;
  });
  return whole;
}

SqlResult<Select> Select::WithViewsInlined(const std::map<std::string, std::string>& views) const {
  Select copy = *this;
  ViewInliner inliner(views);
  inliner.Inline(copy.tree_->node(), {}, 0);
  if (inliner.error()) return tl::unexpected<SqlError>(*inliner.error());
  return copy;
}

}  // namespace tailrace::sql
