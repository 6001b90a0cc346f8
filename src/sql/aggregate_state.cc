#include "sql/aggregate_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "sql/duckdb.h"
#include "sql/function_list.h"
#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

enum class Family {
  kCount,
  kCountIf,
  kSum,
  kExactSum,   // of doubles even where DuckDB has another way
  kAverage,
  kExactAverage,
  kMoments,
  kItself,     // the same function merges
  kFirst,
  kLast,
  kAnyValue,
  kArgument,   // arg_min, arg_max
  kList,
  kText,
  kValues,     // of the values and how often each comes
  kDistinct,   // of the values, however often they come
  kMode,
};

struct Known {
  std::string_view name;
  Family family;
};

constexpr Known kKnown[] = {
    {"count", Family::kCount},          {"count_star", Family::kCount},     {"count_if", Family::kCountIf},
    {"countif", Family::kCountIf},      {"sum", Family::kSum},              {"fsum", Family::kExactSum},
    {"kahan_sum", Family::kExactSum},   {"sumkahan", Family::kExactSum},    {"avg", Family::kAverage},
    {"mean", Family::kAverage},         {"favg", Family::kExactAverage},    {"var_pop", Family::kMoments},
    {"var_samp", Family::kMoments},     {"variance", Family::kMoments},     {"stddev", Family::kMoments},
    {"stddev_pop", Family::kMoments},   {"stddev_samp", Family::kMoments},  {"min", Family::kItself},
    {"max", Family::kItself},           {"bool_and", Family::kItself},      {"bool_or", Family::kItself},
    {"bit_and", Family::kItself},       {"bit_or", Family::kItself},        {"bit_xor", Family::kItself},
    {"first", Family::kFirst},          {"arbitrary", Family::kFirst},      {"last", Family::kLast},
    {"any_value", Family::kAnyValue},   {"arg_min", Family::kArgument},     {"arg_max", Family::kArgument},
    {"argmin", Family::kArgument},      {"argmax", Family::kArgument},      {"min_by", Family::kArgument},
    {"max_by", Family::kArgument},      {"arg_min_null", Family::kArgument}, {"arg_max_null", Family::kArgument},
    {"list", Family::kList},            {"array_agg", Family::kList},       {"string_agg", Family::kText},
    {"listagg", Family::kText},         {"group_concat", Family::kText},    {"median", Family::kValues},
    {"mad", Family::kValues},           {"quantile", Family::kValues},      {"quantile_cont", Family::kValues},
    {"quantile_disc", Family::kValues}, {"histogram", Family::kValues},     {"approx_count_distinct", Family::kDistinct},
    {"mode", Family::kMode},
};

std::optional<Family> FamilyOf(std::string_view name) {
  for (const Known& known : kKnown)
    if (SameName(known.name, name)) return known.family;
  return std::nullopt;
}

bool IsDistinct(const Json& call) { return call.value("distinct", false); }

bool HasOrder(const Json& call) { return !call["order_bys"]["orders"].empty(); }

bool OneOf(std::string_view name, std::span<const std::string_view> names) { return std::find(names.begin(), names.end(), name) != names.end(); }

bool IsIntegerType(std::string_view type) {
  constexpr std::string_view kIntegers[] = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT",  "HUGEINT",
                                            "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "BOOLEAN"};
  return OneOf(type, kIntegers);
}

// k of DECIMAL(p,k).
std::optional<int> ScaleOf(std::string_view type) {
  if (!type.starts_with("DECIMAL(")) return std::nullopt;
  return std::stoi(std::string(type.substr(type.find(',') + 1)));
}

class Keeper {
 public:
  explicit Keeper(const StateRequest& request) : request_(request), call_(request.call) {}

  SqlResult<AggregateState> Keep(Family family) {
    if (IsDistinct(call_.tree)) return KeepDistinct(family);
    switch (family) {
      case Family::kCount: return Column("sum", CallText(call_.function), "coalesce(sum({0}), 0)");
      case Family::kCountIf: return Column("sum", CallText(call_.function), "sum({0})");
      case Family::kSum: return call_.type == "DOUBLE" ? ExactSum() : Column("sum", CallText("sum"), "sum({0})");
      case Family::kExactSum: return ExactSum();
      case Family::kAverage: return Average();
      case Family::kExactAverage: return Exact("tailrace_sum_state", "tailrace_avg({0})");
      case Family::kMoments: return Moments();
      case Family::kItself: return Itself();
      case Family::kFirst: return HasOrder(call_.tree) ? FirstInOrder("first", "") : AtPlace("arg_min_null", "min", "");
      case Family::kLast: return HasOrder(call_.tree) ? FirstInOrder("last", "") : AtPlace("arg_max_null", "max", "");
      case Family::kAnyValue: return HasOrder(call_.tree) ? FirstInOrder("first", Present(0)) : AtPlace("arg_min", "min", Present(0));
      case Family::kArgument: return AtExtreme();
      case Family::kList: return List(false);
      case Family::kText: return List(true);
      case Family::kValues: return Values(true, false);
      case Family::kDistinct: return Values(false, false);
      case Family::kMode: return Mode();
    }
    return Unkept("it is not kept incrementally");
  }

 private:
  tl::unexpected<SqlError> Unkept(std::string_view why) const {
    return Refuse(fmt::format("{}(): {}; put it in a view over the stream", call_.function, why), PositionOf(call_.tree));
  }

  std::string Argument(size_t index) const { return QuoteIdentifier(call_.arguments[index]); }
  std::string Present(size_t index) const { return Argument(index) + " IS NOT NULL"; }

  // " FILTER (WHERE ...)" of the call's own filter and a further condition.
  std::string Filter(const std::string& condition = "") const {
    std::string all = call_.filter.empty() ? "" : QuoteIdentifier(call_.filter);
    if (!condition.empty()) all += (all.empty() ? "" : " AND ") + condition;
    return all.empty() ? "" : " FILTER (WHERE " + all + ")";
  }

  std::string CallText(std::string_view function) const {
    const std::string arguments = call_.arguments.empty() ? (function == "count_star" ? "*" : "") : Argument(0);
    return fmt::format("{}({}){}", function == "count_star" ? "count" : function, arguments, Filter());
  }

  std::string NewName() { return fmt::format("{}{}", request_.prefix, names_++); }

  // One column, folded by a function of itself; {0} in `merged` is the column.
  AggregateState Column(std::string_view fold, const std::string& partial, std::string_view merged) {
    const std::string name = NewName();
    const std::string column = QuoteIdentifier(name);
    ColumnState state;
    state.columns.push_back({name, partial, fmt::format("{}({})", fold, column)});
    state.merged = fmt::format(fmt::runtime(merged), column);
    return state;
  }

  AggregateState Exact(std::string_view state_function, std::string_view merged) {
    return Column("tailrace_merge", fmt::format("{}(CAST({} AS DOUBLE)){}", state_function, Argument(0), Filter()), merged);
  }

  AggregateState ExactSum() { return Exact("tailrace_sum_state", "tailrace_sum({0})"); }

  SqlResult<AggregateState> Average() {
    const std::string& type = call_.argument_types.at(0);
    if (type == "DOUBLE" || type == "FLOAT") return Exact("tailrace_sum_state", "tailrace_avg({0})");
    const std::optional<int> scale = ScaleOf(type);
    if (!IsIntegerType(type) && !scale) return Unkept(fmt::format("an average of {} is not kept incrementally", type));
    const std::string sum = NewName();
    const std::string count = NewName();
    ColumnState state;
    state.columns.push_back({sum, CallText("sum"), fmt::format("sum({})", QuoteIdentifier(sum))});
    state.columns.push_back({count, CallText("count"), fmt::format("CAST(sum({}) AS BIGINT)", QuoteIdentifier(count))});
    const std::string s = fmt::format("sum({})", QuoteIdentifier(sum));
    const std::string n = fmt::format("sum({})", QuoteIdentifier(count));
    // DuckDB divides the digits by the count times 10^k; other ways to write it round otherwise. Beyond a few places the
    // digits of the sum might not fit.
    constexpr int kScaleMax = 6;
    if (scale && *scale > 0 && *scale <= kScaleMax) {
      const std::string unit = "1" + std::string(static_cast<size_t>(*scale), '0');
      state.merged = fmt::format("CAST(CAST({0} * {2} AS HUGEINT) AS DOUBLE) / (CAST({1} AS DOUBLE) * CAST({2} AS DOUBLE))", s, n, unit);
    } else {
      state.merged = fmt::format("CAST({} AS DOUBLE) / CAST({} AS DOUBLE)", s, n);
    }
    return state;
  }

  SqlResult<AggregateState> Moments() {
    constexpr std::string_view kPopulation[] = {"var_pop", "stddev_pop"};
    constexpr std::string_view kRoots[] = {"stddev", "stddev_pop", "stddev_samp"};
    const std::string variance = OneOf(call_.function, kPopulation) ? "tailrace_var_pop({0})" : "tailrace_var_samp({0})";
    return Exact("tailrace_moments_state", OneOf(call_.function, kRoots) ? "sqrt(" + variance + ")" : variance);
  }

  SqlResult<AggregateState> Itself() {
    if (call_.tree["children"].size() != 1) return Unkept("with a number of values it is not kept incrementally");
    return Column(call_.function, CallText(call_.function), call_.function + "({0})");
  }

  // The value at the first or last place.
  AggregateState AtPlace(std::string_view function, std::string_view place_function, const std::string& condition) {
    const std::string value = NewName();
    const std::string place = NewName();
    const std::string at = PlaceValue(request_.places);
    ColumnState state;
    const std::string merged = fmt::format("{}({}, {})", function, QuoteIdentifier(value), QuoteIdentifier(place));
    state.columns.push_back({value, fmt::format("{}({}, {}){}", function, Argument(0), at, Filter(condition)), merged});
    state.columns.push_back({place, fmt::format("{}({}){}", place_function, at, Filter(condition)),
                             fmt::format("{}({})", place_function, QuoteIdentifier(place))});
    state.merged = merged;
    return state;
  }

  // Of equal extremes the one that came first.
  SqlResult<AggregateState> AtExtreme() {
    if (call_.arguments.size() != 2 || call_.tree["children"].size() != 2) return Unkept("with a number of values it is not kept incrementally");
    const bool greatest = call_.function.find("max") != std::string::npos;
    const bool with_nulls = call_.function.ends_with("_null");
    if (HasOrder(call_.tree)) return Unkept("with ORDER BY it is not kept incrementally: of equal ones the first in the stream's order is taken");
    const std::string key = fmt::format("{{'y': {}, 'p': {}}}", Argument(1),
                                        greatest ? OppositePlaceValue(request_.places) : PlaceValue(request_.places));
    const std::string condition = with_nulls ? Present(1) : Present(0) + " AND " + Present(1);
    const std::string function = fmt::format("arg_{}{}", greatest ? "max" : "min", with_nulls ? "_null" : "");
    const std::string extreme = greatest ? "max" : "min";
    const std::string value_column = NewName();
    const std::string key_column = NewName();
    const std::string merged = fmt::format("{}({}, {})", function, QuoteIdentifier(value_column), QuoteIdentifier(key_column));
    ColumnState state;
    state.columns.push_back({value_column, fmt::format("{}({}, {}){}", function, Argument(0), key, Filter(condition)), merged});
    state.columns.push_back({key_column, fmt::format("{}({}){}", extreme, key, Filter(condition)),
                             fmt::format("{}({})", extreme, QuoteIdentifier(key_column))});
    state.merged = merged;
    return state;
  }

  // ORDER BY of the call over other expressions, and then by place.
  std::string OrderText(const std::function<std::string(size_t)>& order, const std::function<std::string(size_t)>& place) const {
    std::string text;
    const Json& orders = call_.tree["order_bys"]["orders"];
    for (size_t i = 0; i < call_.orders.size(); ++i) {
      text += (text.empty() ? "" : ", ") + order(i);
      const std::string_view direction = TextAt(orders[i], "type");
      const std::string_view nulls = TextAt(orders[i], "null_order");
      if (direction == "DESCENDING") text += " DESC";
      if (direction == "ASCENDING") text += " ASC";
      if (nulls == "NULLS FIRST") text += " NULLS FIRST";
      if (nulls == "NULLS LAST") text += " NULLS LAST";
    }
    for (size_t i = 0; i < request_.places.size(); ++i) text += (text.empty() ? "" : ", ") + place(i);
    return text;
  }

  // One struct of the value with all that orders it.
  AggregateState FirstInOrder(std::string_view function, const std::string& condition) {
    const std::string name = NewName();
    const std::string column = QuoteIdentifier(name);
    std::string fields = "'v': " + Argument(0);
    for (size_t i = 0; i < call_.orders.size(); ++i) fields += fmt::format(", 'o{}': {}", i, QuoteIdentifier(call_.orders[i]));
    for (size_t i = 0; i < request_.places.size(); ++i) fields += fmt::format(", 'p{}': {}", i, QuoteIdentifier(request_.places[i]));
    const std::string by_rows = OrderText([&](size_t i) { return QuoteIdentifier(call_.orders[i]); },
                                          [&](size_t i) { return QuoteIdentifier(request_.places[i]); });
    const std::string by_fields = OrderText([&](size_t i) { return fmt::format("struct_extract({}, 'o{}')", column, i); },
                                            [&](size_t i) { return fmt::format("struct_extract({}, 'p{}')", column, i); });
    const std::string fold = fmt::format("{}({} ORDER BY {}) FILTER (WHERE {} IS NOT NULL)", function, column, by_fields, column);
    ColumnState state;
    state.columns.push_back({name, fmt::format("{}({{{}}} ORDER BY {}){}", function, fields, by_rows, Filter(condition)), fold});
    state.merged = fmt::format("struct_extract({}, 'v')", fold);
    return state;
  }

  bool HasConstantOptions() const {
    const Json& children = call_.tree["children"];
    const size_t options = WithinGroup(call_.tree) != nullptr ? 0 : 1;
    for (size_t i = options; i < children.size(); ++i) {
      bool constant = true;
      VisitObjects<const Json>(children[i], [&](const Json& object) { constant = constant && !IsClass(object, "COLUMN_REF"); });
      if (!constant) return false;
    }
    return true;
  }

  // The call with `v` in place of its argument, over values that are already filtered and, where asked, distinct.
  SqlResult<std::string> CallOverValues(Json orders) const {
    Json call = call_.tree;
    call["filter"] = nullptr;
    call["distinct"] = false;
    if (WithinGroup(call_.tree) != nullptr) {
      call["order_bys"]["orders"][0]["expression"] = ExpressionOf("v");
    } else {
      call["children"][0] = ExpressionOf("v");
      call["order_bys"]["orders"] = std::move(orders);
    }
    DropPositions(call);
    return ExpressionText(std::move(call));
  }

  static Json OrdersOf(std::string_view order_text) {
    return ExpressionOf(fmt::format("list(v ORDER BY {})", order_text))["order_bys"]["orders"];
  }

  SqlResult<AggregateState> List(bool skips_null) {
    if (!HasConstantOptions()) return Unkept("the separator must be a constant");
    ListState state;
    state.value = call_.arguments.at(0);
    state.filter = call_.filter;
    state.skips_null = skips_null;
    state.orders = call_.orders;
    const std::string order = OrderText([](size_t i) { return fmt::format("o{}", i); }, [&](size_t i) { return QuoteIdentifier(request_.places[i]); });
    TR_SQL_TRY(state.merged, CallOverValues(OrdersOf(order)));
    return state;
  }

  SqlResult<AggregateState> Values(bool repeated, bool ordered) {
    if (call_.arguments.empty() || !HasConstantOptions()) return Unkept("its options must be constants");
    ValueState state;
    state.value = call_.arguments[0];
    state.filter = call_.filter;
    state.repeated = repeated;
    state.needs_place = ordered;
    TR_SQL_TRY(state.merged, CallOverValues(ordered ? OrdersOf("p") : Json::array()));
    if (call_.function == "count" || call_.function == "approx_count_distinct") state.when_empty = "0";
    return state;
  }

  // The most frequent value; of equally frequent ones the one that came first, or with WITHIN GROUP the first of that order.
  SqlResult<AggregateState> Mode() {
    ValueState state;
    state.value = call_.arguments.at(0);
    state.filter = call_.filter;
    if (WithinGroup(call_.tree) != nullptr) {
      const bool descending = TextAt(call_.tree["order_bys"]["orders"][0], "type") == "DESCENDING";
      state.merged = fmt::format("first(v ORDER BY n DESC, v{}) FILTER (WHERE v IS NOT NULL)", descending ? " DESC" : "");
      return state;
    }
    state.needs_place = true;
    std::string opposite = "-p";
    if (request_.places.size() > 1) {
      opposite.clear();
      for (size_t i = 0; i < request_.places.size(); ++i) opposite += fmt::format("{}'p{}': -struct_extract(p, 'p{}')", i > 0 ? ", " : "", i, i);
      opposite = "{" + opposite + "}";
    }
    state.merged = fmt::format("arg_max(v, {{'n': n, 'p': {}}}) FILTER (WHERE v IS NOT NULL)", opposite);
    return state;
  }

  SqlResult<AggregateState> KeepDistinct(Family family) {
    switch (family) {
      case Family::kItself:
        if (call_.function != "bit_xor") return Itself();
        return Values(false, false);
      case Family::kFirst: return AtPlace("arg_min_null", "min", "");
      case Family::kAnyValue: return AtPlace("arg_min", "min", Present(0));
      case Family::kSum:
      case Family::kExactSum:
      case Family::kAverage:
      case Family::kExactAverage:
      case Family::kMoments: return InOneOrder();
      case Family::kCount:
      case Family::kCountIf:
      case Family::kValues:
      case Family::kDistinct: return Values(false, false);
      case Family::kMode: return Values(false, true);
      case Family::kList:
      case Family::kText: return DistinctList();
      case Family::kLast:
      case Family::kArgument: return Unkept("DISTINCT has no meaning here: leave it out");
    }
    return Unkept("with DISTINCT it is not kept incrementally");
  }

  // Sums of doubles in the order of the values, so that they come out the same each time.
  SqlResult<AggregateState> InOneOrder() {
    TR_SQL_TRY(AggregateState kept, Values(false, false));
    auto& state = std::get<ValueState>(kept);
    TR_SQL_TRY(state.merged, CallOverValues(OrdersOf("v")));
    return kept;
  }

  // Distinct values in the order that is asked for (of the values themselves), or in that of their first places.
  SqlResult<AggregateState> DistinctList() {
    const bool ordered = HasOrder(call_.tree);
    TR_SQL_TRY(AggregateState kept, Values(false, !ordered));
    auto& state = std::get<ValueState>(kept);
    if (!ordered) return kept;
    for (const std::string& order : call_.orders)
      if (order != state.value) return Unkept("with DISTINCT it can be ordered by its own values only");
    Json orders = call_.tree["order_bys"]["orders"];
    for (Json& order : orders) order["expression"] = ExpressionOf("v");
    TR_SQL_TRY(state.merged, CallOverValues(std::move(orders)));
    return kept;
  }

  const StateRequest& request_;
  const AggregateCall& call_;
  int names_ = 0;
};

}  // namespace

const Json* WithinGroup(const Json& call) {
  const std::string name = LowerCase(TextAt(call, "function_name"));
  const size_t arguments = call["children"].size();
  const bool ordered_set = (name.starts_with("quantile") && arguments == 1) || (name == "mode" && arguments == 0);
  return ordered_set && HasOrder(call) ? &call["order_bys"]["orders"][0]["expression"] : nullptr;
}

size_t ValueArguments(const Json& call) { return FamilyOf(TextAt(call, "function_name")) == Family::kArgument ? 2 : 1; }

bool DependsOnOrder(const Json& call) {
  const std::optional<Family> family = FamilyOf(TextAt(call, "function_name"));
  switch (family.value_or(Family::kCount)) {
    case Family::kFirst:
    case Family::kLast:
    case Family::kAnyValue:
    case Family::kArgument:
    case Family::kList:
    case Family::kText:
    case Family::kMode: return true;
    default: return false;
  }
}

SqlResult<AggregateState> KeepAggregate(const StateRequest& request) {
  const std::optional<Family> family = FamilyOf(request.call.function);
  if (!family)
    return Refuse(fmt::format("{}() is not kept incrementally; put it in a view over the stream", request.call.function),
                  PositionOf(request.call.tree));
  return Keeper(request).Keep(*family);
}

}  // namespace tailrace::sql
