#include "sql/rollup.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "sql/function_list.h"
#include "sql/syntax_tree.h"

namespace tailrace::sql {
namespace {

bool Any(const Json& node, const std::function<bool(const Json&)>& holds) {
  bool found = false;
  VisitObjects<const Json>(node, [&](const Json& object) { found = found || holds(object); });
  return found;
}

bool HasParameter(const Json& node) {
  return Any(node, [](const Json& object) { return IsClass(object, "PARAMETER"); });
}

bool HasColumn(const Json& node) {
  return Any(node, [](const Json& object) { return IsClass(object, "COLUMN_REF"); });
}

bool IsAggregate(const Json& node) {
  return IsClass(node, "FUNCTION") && KindOfFunction(TextAt(node, "function_name")) == FunctionKind::kAggregate;
}

bool HasAggregate(const Json& node) { return Any(node, IsAggregate); }

// Made of what answers from its arguments alone, row by row, and of aggregates.
bool IsPlain(const Json& node) {
  for (const char* other : {"WINDOW", "SUBQUERY", "LAMBDA", "POSITIONAL_REFERENCE", "DEFAULT"})
    if (IsClass(node, other)) return false;
  if (!IsClass(node, "FUNCTION")) return true;
  const auto kind = KindOfFunction(TextAt(node, "function_name"));
  return kind == FunctionKind::kScalar || kind == FunctionKind::kAggregate;
}

bool AnswersTheSameAgain(const Json& from) {
  return !Any(from, [](const Json& object) {
    if (!IsClass(object, "FUNCTION")) return false;
    const auto kind = KindOfFunction(TextAt(object, "function_name"));
    return kind == FunctionKind::kVolatile || kind == FunctionKind::kNow;
  });
}

// A name alone, in lower case; else "".
std::string SingleName(const Json& expression) {
  if (!IsClass(expression, "COLUMN_REF") || expression["column_names"].size() != 1) return "";
  return LowerCase(expression["column_names"][0].get_ref<const std::string&>());
}

bool IsPlainStar(const Json& item) { return IsClass(item, "STAR") && CanonicalText(item) == CanonicalText(ExpressionOf("*")); }

void Flatten(const Json& condition, std::vector<Json>* conditions) {
  if (!condition.is_object()) return;
  if (!IsType(condition, "CONJUNCTION_AND")) return conditions->push_back(condition);
  for (const Json& child : condition["children"]) Flatten(child, conditions);
}

Json Conjunction(std::vector<Json> conditions) {
  if (conditions.empty()) return nullptr;
  if (conditions.size() == 1) return std::move(conditions.front());
  Json all = ExpressionOf("true AND true");
  all["children"] = std::move(conditions);
  return all;
}

Json Named(Json expression, std::string_view name) {
  expression["alias"] = name;
  return expression;
}

class Planner {
 public:
  explicit Planner(const RollupRequest& request) : request_(request), root_(request.select->tree().root), node_(Inner(root_)) {}

  Result<std::optional<RollupPlan>> Plan() {
    if (!HasTheShape()) return std::nullopt;
    std::vector<Json> all;
    Flatten(node_["where_clause"], &all);
    for (Json& condition : all) (HasFreeParameter(condition) ? asked_ : fixed_).push_back(std::move(condition));
    if (asked_.empty()) return std::nullopt;
    TR_RETURN_IF_ERROR(ReadNames());
    ReadAliases();
    if (!FindKeys()) return std::nullopt;
    for (Json& condition : asked_) OverGroups(condition);
    if (!RewriteAnswer()) return std::nullopt;
    return Texts();
  }

 private:
  // The SELECT with the aggregates: in `SELECT * FROM (SELECT ...) ORDER BY ... LIMIT ...` the inner one.
  static Json& Inner(Json& root) {
    Json& node = root["statements"][0]["node"];
    if (!IsType(node, "SELECT_NODE") || !IsType(node["from_table"], "SUBQUERY") || !node["from_table"]["column_name_alias"].empty()) return node;
    const Json& items = node["select_list"];
    const bool is_all = items.size() == 1 && IsPlainStar(items[0]);
    if (!is_all || !node["cte_map"]["map"].empty() || !IsNull(node, "where_clause") || !IsNull(node, "having") || !IsNull(node, "qualify")) return node;
    return node["from_table"]["subquery"]["node"];
  }

  bool HasTheShape() const {
    if (!IsType(node_, "SELECT_NODE") || !node_["cte_map"]["map"].empty() || !IsNull(node_, "qualify") || !IsNull(node_, "sample")) return false;
    if (node_["group_sets"].size() > 1 || HasParameter(node_["from_table"]) || !AnswersTheSameAgain(node_["from_table"])) return false;
    for (const char* part : {"select_list", "where_clause", "group_expressions", "having", "modifiers"}) {
      if (Any(node_[part], [](const Json& object) { return !IsPlain(object); })) return false;
    }
    if (Any(node_["select_list"], [](const Json& object) { return IsClass(object, "STAR"); })) return false;  // but ORDER BY ALL is one
    if (HasAggregate(node_["where_clause"]) || HasAggregate(node_["group_expressions"])) return false;
    if (HasParameter(node_["select_list"]) || HasParameter(node_["group_expressions"]) || HasParameter(node_["having"])) return false;
    for (const Json& modifier : node_["modifiers"]) {
      if (!IsType(modifier, "LIMIT_MODIFIER") && HasParameter(modifier)) return false;
    }
    return HasAggregate(node_["select_list"]) || !node_["group_expressions"].empty();
  }

  bool HasFreeParameter(const Json& node) const {
    return Any(node, [&](const Json& object) { return IsClass(object, "PARAMETER") && !request_.fixed_parameters.contains(LowerCase(TextAt(object, "identifier"))); });
  }

  Status ReadNames() {
    Json all = QueryOf("SELECT * FROM nothing");
    all["from_table"] = node_["from_table"];
    const auto text = TreeText(StatementOf(std::move(all)));
    if (!text) return Fail(Error::Internal(text.error().message));
    TR_TRY(const std::vector<ResultColumn> columns, request_.columns(*text));
    for (const ResultColumn& column : columns) from_columns_.insert(LowerCase(column.name));
    return {};
  }

  void ReadAliases() {
    for (const Json& item : node_["select_list"]) {
      if (const std::string_view alias = TextAt(item, "alias"); !alias.empty()) aliases_.emplace(LowerCase(alias), item);
    }
  }

  bool MeansAnAlias(const std::string& name) const { return !name.empty() && aliases_.contains(name) && !from_columns_.contains(name); }

  bool FindKeys() {
    if (TextAt(node_, "aggregate_handling") == "FORCE_AGGREGATES") {
      for (const Json& item : node_["select_list"])
        if (!HasAggregate(item) && HasColumn(item)) PartOf(item);
      return true;
    }
    for (const Json& key : node_["group_expressions"]) {
      const Json* meant = &key;
      if (IsClass(key, "CONSTANT")) {
        const Json& position = key["value"]["value"];
        const Json& items = node_["select_list"];
        if (!position.is_number_integer() || position.get<int64_t>() < 1 || position.get<int64_t>() > static_cast<int64_t>(items.size())) return false;
        meant = &items[position.get<size_t>() - 1];
      } else if (const std::string name = SingleName(key); MeansAnAlias(name)) {
        meant = &aliases_.find(name)->second;
      }
      PartOf(*meant);
    }
    return true;
  }

  // The column of the groups that holds this expression of rows.
  std::string PartOf(const Json& expression) {
    const auto [part, added] = parts_.emplace(CanonicalText(expression), fmt::format("#part{}", parts_.size()));
    if (added) columns_.push_back(Named(expression, part->second));
    return part->second;
  }

  static Json Reference(const std::string& column, std::string_view alias) { return Named(ExpressionOf(QuoteIdentifier(column)), alias); }

  // A condition, or a piece of one, as it is put to groups.
  void OverGroups(Json& node) {
    if (IsClass(node, "COMPARISON") && CompareDays(node)) return;
    if (node.is_object() && node.contains("class") && HasColumn(node) && !HasParameter(node)) {
      node = Reference(PartOf(node), "");
      return;
    }
    if (!node.is_structured()) return;
    for (Json& child : node) OverGroups(child);
  }

  // time >= day, time < day; and the same the other way round.
  bool CompareDays(Json& comparison) {
    const bool is_left = IsType(comparison, "COMPARE_GREATERTHANOREQUALTO") || IsType(comparison, "COMPARE_LESSTHAN");
    const bool is_right = IsType(comparison, "COMPARE_LESSTHANOREQUALTO") || IsType(comparison, "COMPARE_GREATERTHAN");
    if (!is_left && !is_right) return false;
    Json& time = comparison[is_left ? "left" : "right"];
    const Json& day = comparison[is_left ? "right" : "left"];
    if (!HasColumn(time) || HasParameter(time) || !BeginsADay(day)) return false;
    // As most people write it, so that a tile by day and one of a range have the same groups.
    Json date = ExpressionOf("CAST(1 AS DATE)");
    date["child"] = Named(time, "");
    time = Reference(PartOf(date), "");
    return true;
  }

  // A parameter that is a date, and days, weeks, months or years more or less.
  bool BeginsADay(const Json& expression) const {
    if (IsClass(expression, "PARAMETER")) return request_.date_parameters.contains(LowerCase(TextAt(expression, "identifier")));
    if (!IsClass(expression, "FUNCTION") || expression["children"].size() != 2) return false;
    const std::string_view name = TextAt(expression, "function_name");
    if ((name != "+" && name != "-") || !BeginsADay(expression["children"][0])) return false;
    const Json& span = expression["children"][1];
    if (HasParameter(span) || HasColumn(span) || !IsClass(span, "FUNCTION")) return false;
    const std::string_view unit = TextAt(span, "function_name");
    return unit == "to_days" || unit == "to_weeks" || unit == "to_months" || unit == "to_years";
  }

  // The SELECT over groups: what was an aggregate of rows merges those of groups.
  bool RewriteAnswer() {
    answer_ = node_;
    for (Json& item : answer_["select_list"]) {
      std::string name(TextAt(item, "alias"));
      if (name.empty() && IsClass(item, "COLUMN_REF")) name = item["column_names"].back().get<std::string>();
      if (name.empty()) return false;  // its name would be the text of what is no longer there
      Rewrite(item, false);
      item["alias"] = name;
    }
    for (Json& key : answer_["group_expressions"]) {
      if (!IsClass(key, "CONSTANT")) Rewrite(key, MeansAnAlias(SingleName(key)));
    }
    if (!IsNull(answer_, "having")) Rewrite(answer_["having"], false);
    for (Json& modifier : answer_["modifiers"]) {
      if (!modifier.contains("orders")) continue;
      // ORDER BY looks among the names of the answer first.
      for (Json& order : modifier["orders"]) Rewrite(order["expression"], aliases_.contains(SingleName(order["expression"])));
    }
    answer_["where_clause"] = Conjunction(asked_);
    answer_["from_table"] = QueryOf("SELECT 1 FROM " + request_.relation)["from_table"];
    return can_;
  }

  void Rewrite(Json& node, bool is_alias) {
    if (is_alias || !can_ || !node.is_structured()) return;
    if (node.is_object() && node.contains("class")) {
      const std::string alias(TextAt(node, "alias"));
      if (const auto part = parts_.find(CanonicalText(node)); part != parts_.end()) {
        node = Reference(part->second, alias);
        return;
      }
      if (IsAggregate(node)) {
        can_ = Merge(node, alias);
        return;
      }
      if (IsClass(node, "COLUMN_REF")) {
        can_ = MeansAnAlias(SingleName(node));
        return;
      }
    }
    for (Json& child : node) Rewrite(child, false);
  }

  bool Merge(Json& call, const std::string& alias) {
    const std::string function = LowerCase(TextAt(call, "function_name"));
    if (call.value("distinct", false) || !call["order_bys"]["orders"].empty() || call["children"].size() > 1) return false;
    std::string merged;
    if (function == "count" || function == "count_star") {
      merged = "CAST(coalesce(sum({}), 0) AS BIGINT)";
    } else if (function == "sum" || function == "min" || function == "max") {
      merged = function + "({})";
    } else {
      return false;
    }
    const std::string column = AggregateOf(call);
    if (function == "sum" && std::find(plan_.sums.begin(), plan_.sums.end(), column) == plan_.sums.end()) plan_.sums.push_back(column);
    call = Named(ExpressionOf(fmt::format(fmt::runtime(merged), QuoteIdentifier(column))), alias);
    return true;
  }

  std::string AggregateOf(const Json& call) {
    const auto [known, added] = aggregates_.emplace(CanonicalText(call), fmt::format("#value{}", aggregates_.size()));
    if (added) columns_.push_back(Named(call, known->second));
    return known->second;
  }

  Result<std::optional<RollupPlan>> Texts() {
    AggregateOf(ExpressionOf("count(*)"));  // so that tiles that count have the groups of those that do not
    plan_.columns = parts_;
    plan_.columns.insert(aggregates_.begin(), aggregates_.end());
    plan_.rows = CanonicalText(node_["from_table"]);
    for (const Json& condition : fixed_) plan_.rows += CanonicalText(condition);
    Json groups = node_;
    groups["select_list"] = columns_;
    groups["where_clause"] = Conjunction(fixed_);
    groups["having"] = nullptr;
    groups["modifiers"] = Json::array();
    groups["group_expressions"] = Json::array();
    groups["group_sets"] = Json::array();
    groups["aggregate_handling"] = "FORCE_AGGREGATES";
    Json estimate = groups;
    estimate["aggregate_handling"] = "STANDARD_HANDLING";
    Json hash = ExpressionOf("approx_count_distinct(hash(1))");
    hash["children"][0]["children"] = Json::array();
    for (Json column : columns_) {
      if (TextAt(column, "alias").starts_with("#part")) hash["children"][0]["children"].push_back(Named(std::move(column), ""));
    }
    if (hash["children"][0]["children"].empty()) hash = ExpressionOf("1");
    estimate["select_list"] = Json::array({ExpressionOf("count(*)"), std::move(hash)});
    TR_RETURN_IF_ERROR(Put(TreeText(StatementOf(std::move(groups))), &plan_.groups_sql));
    Json sample = estimate;
    sample["sample"] = QueryOf("SELECT 1 FROM nothing USING SAMPLE 10% (system)")["sample"];
    TR_RETURN_IF_ERROR(Put(TreeText(StatementOf(std::move(estimate))), &plan_.estimate_sql));
    TR_RETURN_IF_ERROR(Put(TreeText(StatementOf(std::move(sample))), &plan_.sample_sql));
    Inner(root_) = std::move(answer_);
    TR_RETURN_IF_ERROR(Put(TreeText(root_), &plan_.answer_sql));
    return std::optional(std::move(plan_));
  }

  static Status Put(SqlResult<std::string> text, std::string* to) {
    if (!text) return Fail(Error::Internal(text.error().message));
    *to = std::move(*text);
    return {};
  }

  const RollupRequest& request_;
  Json root_;
  const Json node_;                          // a copy: the SELECT with the aggregates
  std::vector<Json> fixed_, asked_;          // conditions without parameters that are free, and with them
  std::set<std::string> from_columns_;       // in lower case
  std::map<std::string, Json> aliases_;      // by name in lower case
  std::map<std::string, std::string> parts_;       // expressions of rows, and their columns
  std::map<std::string, std::string> aggregates_;  // calls, and their columns
  std::vector<Json> columns_;                // of the groups, in their order
  Json answer_;
  bool can_ = true;
  RollupPlan plan_;
};

}  // namespace

Result<std::optional<RollupPlan>> PlanRollup(const RollupRequest& request) { return Planner(request).Plan(); }

}  // namespace tailrace::sql
