#include "sql/group_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "sql/function_list.h"

namespace tailrace::sql {
namespace {

using Names = std::set<std::string>;  // in lower case

bool IsAggregateCall(const Json& node) {
  return IsClass(node, "FUNCTION") && KindOfFunction(TextAt(node, "function_name")) == FunctionKind::kAggregate;
}

std::string SingleName(const Json& expression) {
  if (!IsClass(expression, "COLUMN_REF") || expression["column_names"].size() != 1) return "";
  return LowerCase(expression["column_names"][0].get_ref<const std::string&>());
}

Names LambdaParameters(const Json& lambda) {
  Names names;
  VisitObjects<const Json>(lambda["lhs"], [&](const Json& object) {
    if (std::string name = SingleName(object); !name.empty()) names.insert(std::move(name));
  });
  return names;
}

// Calls `replace` for each expression, outermost first, until it says that it is done with it; not for parameters of
// lambdas.
void ReplaceExpressions(Json& node, const Names& bound, const std::function<bool(Json&)>& replace) {
  if (const std::string name = SingleName(node); !name.empty() && bound.contains(name)) return;
  if (node.is_object() && node.contains("class") && replace(node)) return;
  if (IsClass(node, "LAMBDA")) {
    Names inner = bound;
    inner.merge(LambdaParameters(node));
    ReplaceExpressions(node["expr"], inner, replace);
    return;
  }
  if (!node.is_structured()) return;
  for (Json& child : node) ReplaceExpressions(child, bound, replace);
}

class Splitter {
 public:
  explicit Splitter(const TableQuery& query) : query_(query) {}

  SqlResult<GroupQuery> Split() {
    if (auto bound = Bind(NeedsPlaces() ? PlaceNeed::kRow : PlaceNeed::kNone); !bound)
      return tl::unexpected<SqlError>(bound.error());
    TR_SQL_TRY(std::vector<Json> items, ExpandedItems());
    if (auto keys = FindKeys(items); !keys) return tl::unexpected<SqlError>(keys.error());
    Expand(node_["where_clause"]);
    group_.having = node_["having"];
    Expand(group_.having);
    MakeRows();
    if (auto split = SplitExpressions(std::move(items)); !split) return tl::unexpected<SqlError>(split.error());
    if (auto described = DescribeCalls(); !described) return tl::unexpected<SqlError>(described.error());
    return std::move(group_);
  }

  SqlResult<Json> Records() {
    if (auto bound = Bind(PlaceNeed::kRecord); !bound) return tl::unexpected<SqlError>(bound.error());
    Expand(node_["where_clause"]);
    return Selecting(Json::array({ExpressionOf(QuoteIdentifier(kSeqPlace))}));
  }

 private:
  SqlResult<void> Bind(PlaceNeed places) {
    TR_SQL_TRY(BoundQuery bound, BindQuery(query_, places));
    node_ = std::move(bound.node);
    alias_ = bound.source.alias;
    group_.places = bound.source.places;
    return ReadNames();
  }

  bool NeedsPlaces() const {
    bool needed = false;
    auto visit = [&](const Json& object) { needed = needed || (IsAggregateCall(object) && DependsOnOrder(object)); };
    VisitObjects<const Json>(query_.node["select_list"], visit);
    VisitObjects<const Json>(query_.node["having"], visit);
    return needed;
  }

  // A copy of the SELECT that only selects `items`.
  Json Selecting(Json items) const {
    Json node = node_;
    node["select_list"] = std::move(items);
    node["group_expressions"] = Json::array();
    node["group_sets"] = Json::array();
    node["aggregate_handling"] = "STANDARD_HANDLING";
    node["having"] = nullptr;
    return node;
  }

  // What plain names mean: columns of FROM before aliases, as in DuckDB.
  SqlResult<void> ReadNames() {
    Json all = Selecting(Json::array({ExpressionOf("*")}));
    all["where_clause"] = nullptr;
    TR_SQL_TRY(const std::vector<ResultColumn> columns, DescribeBound(query_, all));
    for (const ResultColumn& column : columns) from_columns_.insert(LowerCase(column.name));
    for (const Json& item : node_["select_list"]) {
      if (const std::string_view alias = TextAt(item, "alias"); !alias.empty())
        aliases_.emplace(LowerCase(alias), item);
    }
    return {};
  }

  void Expand(Json& expression) { ExpandWithin(expression, {}, 0); }

  void ExpandWithin(Json& expression, const Names& bound, int depth) {
    constexpr int kAliasDepthMax = 32;  // an alias that means itself stays, and DuckDB's binder refuses it
    ReplaceExpressions(expression, bound, [&](Json& node) {
      const std::string name = SingleName(node);
      const auto alias = aliases_.find(name);
      if (name.empty() || from_columns_.contains(name) || alias == aliases_.end() || depth >= kAliasDepthMax)
        return false;
      Json meaning = alias->second;
      meaning["alias"] = TextAt(node, "alias");
      ExpandWithin(meaning, {}, depth + 1);
      node = std::move(meaning);
      return true;
    });
  }

  SqlResult<std::vector<Json>> ExpandedItems() {
    std::vector<Json> items;
    for (const Json& item : node_["select_list"]) {
      bool star = false;
      VisitObjects<const Json>(item, [&](const Json& object) { star = star || IsClass(object, "STAR"); });
      if (star)
        return Refuse("a table with aggregates names its columns: write them out in place of * or COLUMNS",
                      PositionOf(item));
      items.push_back(item);
      Expand(items.back());
    }
    return items;
  }

  SqlResult<void> FindKeys(const std::vector<Json>& items) {
    if (TextAt(node_, "aggregate_handling") == "FORCE_AGGREGATES") {
      for (const Json& item : items)
        if (!HasAggregate(item) && HasColumn(item)) AddKey(item);
      return {};
    }
    for (const Json& written : node_["group_expressions"]) {
      Json key = written;
      if (IsClass(key, "CONSTANT")) {
        const Json& position = key["value"]["value"];
        if (!position.is_number_integer() || position.get<int64_t>() < 1 ||
            position.get<int64_t>() > static_cast<int64_t>(items.size()))
          return Refuse("GROUP BY has a position that is not in the select list", PositionOf(key));
        key = items[position.get<size_t>() - 1];
      }
      Expand(key);
      if (HasUnnest(key))
        return Refuse("unnest() cannot be a key: write it in a subquery in FROM, and GROUP BY its name",
                      PositionOf(written));
      AddKey(key);
    }
    return {};
  }

  static bool HasColumn(const Json& expression) {
    Json copy = expression;
    bool found = false;
    ReplaceExpressions(copy, {}, [&](Json& node) {
      found = found || IsClass(node, "COLUMN_REF");
      return false;
    });
    return found;
  }

  void AddKey(Json key) {
    std::string canonical = Canonical(key);
    if (keys_.contains(canonical)) return;
    keys_.emplace(std::move(canonical), group_.keys.size());
    key["alias"] = "";
    group_.keys.push_back(std::move(key));
  }

  // Equal for expressions that mean the same but are spelled with another case, or with and without the stream's name.
  std::string Canonical(Json expression) const {
    VisitObjects<Json>(expression, [&](Json& object) {
      if (!IsClass(object, "COLUMN_REF")) return;
      Json& names = object["column_names"];
      if (names.size() > 1 && !alias_.empty() && SameName(names[0].get<std::string>(), alias_)) names.erase(0);
      for (Json& name : names) name = LowerCase(name.get_ref<const std::string&>());
    });
    return CanonicalText(expression);
  }

  void MakeRows() {
    Json items = Json::array();
    for (size_t i = 0; i < group_.keys.size(); ++i) {
      Json key = group_.keys[i];
      key["alias"] = fmt::format("k{}", i);
      items.push_back(std::move(key));
    }
    for (const std::string& place : group_.places) items.push_back(ExpressionOf(QuoteIdentifier(place)));
    group_.rows = Selecting(std::move(items));
  }

  // The column of the rows that holds this expression.
  std::string Project(Json expression) {
    const std::string canonical = Canonical(expression);
    const auto known = projected_.find(canonical);
    if (known != projected_.end()) return known->second;
    std::string name = fmt::format("a{}", projected_.size());
    projected_.emplace(canonical, name);
    expression["alias"] = name;
    group_.rows["select_list"].push_back(std::move(expression));
    return name;
  }

  SqlResult<void> SplitExpressions(std::vector<Json> items) {
    group_.items = Json::array();
    for (size_t i = 0; i < items.size(); ++i) {
      Rewrite(items[i]);
      items[i]["alias"] = query_.columns[i].name;
      group_.items.push_back(std::move(items[i]));
    }
    Rewrite(group_.having);
    Json& columns = group_.rows["select_list"];
    if (columns.empty()) columns.push_back(ExpressionOf("1 AS \"#one\""));
    if (error_) return tl::unexpected<SqlError>(*error_);
    return {};
  }

  // Puts k0, ... and m0, ... in place of keys and calls.
  void Rewrite(Json& expression) {
    ReplaceExpressions(expression, {}, [&](Json& node) {
      if (error_) return true;
      if (const auto key = keys_.find(Canonical(node)); key != keys_.end()) {
        Name(node, fmt::format("k{}", key->second));
        return true;
      }
      if (IsAggregateCall(node)) {
        Name(node, fmt::format("m{}", CallOf(node)));
        return true;
      }
      if (IsClass(node, "COLUMN_REF"))
        error_ = SqlError{fmt::format("column {} must be in GROUP BY, spelled the same way", NamesOf(node)),
                          PositionOf(node)};
      return false;
    });
  }

  static std::string NamesOf(const Json& column) {
    std::string names;
    for (const Json& name : column["column_names"]) names += (names.empty() ? "" : ".") + name.get<std::string>();
    return names;
  }

  static void Name(Json& node, const std::string& column) {
    const std::string alias(TextAt(node, "alias"));
    node = ExpressionOf(QuoteIdentifier(column));
    node["alias"] = alias;
  }

  // (a, b) as a struct whose fields have names, because only such can be stored.
  static Json WithNamedFields(Json expression) {
    if (!IsClass(expression, "FUNCTION") || !SameName(TextAt(expression, "function_name"), "row")) return expression;
    expression["function_name"] = "struct_pack";
    for (size_t i = 0; i < expression["children"].size(); ++i)
      expression["children"][i]["alias"] = fmt::format("f{}", i);
    return expression;
  }

  size_t CallOf(const Json& tree) {
    const std::string canonical = Canonical(tree);
    const auto known = calls_.find(canonical);
    if (known != calls_.end()) return known->second;
    AggregateCall call;
    call.tree = tree;
    call.tree["alias"] = "";
    call.function = LowerCase(TextAt(tree, "function_name"));
    if (const Json* within = WithinGroup(tree)) {
      call.arguments.push_back(Project(*within));
    } else {
      const Json& children = tree["children"];
      for (size_t i = 0; i < children.size(); ++i)
        if (i < ValueArguments(tree) || HasColumn(children[i]))
          call.arguments.push_back(Project(WithNamedFields(children[i])));
      for (const Json& order : tree["order_bys"]["orders"]) call.orders.push_back(Project(order["expression"]));
    }
    if (!IsNull(tree, "filter")) call.filter = Project(tree["filter"]);
    calls_.emplace(canonical, group_.calls.size());
    group_.calls.push_back(std::move(call));
    return group_.calls.size() - 1;
  }

  SqlResult<void> DescribeCalls() {
    if (group_.calls.empty()) return {};
    TR_SQL_TRY(const std::vector<ResultColumn> rows, DescribeBound(query_, group_.rows));
    std::map<std::string, std::string> types;
    for (const ResultColumn& column : rows) types[column.name] = column.type;
    Json trees = Json::array();
    for (const AggregateCall& call : group_.calls) trees.push_back(call.tree);
    TR_SQL_TRY(const std::vector<ResultColumn> answers, DescribeBound(query_, Selecting(std::move(trees))));
    for (size_t i = 0; i < group_.calls.size(); ++i) {
      group_.calls[i].type = answers[i].type;
      for (const std::string& argument : group_.calls[i].arguments)
        group_.calls[i].argument_types.push_back(types[argument]);
    }
    return {};
  }

  const TableQuery& query_;
  Json node_;
  std::string alias_;
  Names from_columns_;
  std::map<std::string, Json> aliases_;
  std::map<std::string, size_t> keys_;
  std::map<std::string, size_t> calls_;
  std::map<std::string, std::string> projected_;
  std::optional<SqlError> error_;
  GroupQuery group_;
};

}  // namespace

SqlResult<GroupQuery> TakeApart(const TableQuery& query) { return Splitter(query).Split(); }

SqlResult<Json> GroupedRecords(const TableQuery& query) { return Splitter(query).Records(); }

}  // namespace tailrace::sql
