// Aggregates that are kept as columns of the partial rows of a group.
#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "sql/aggregate_family.h"
#include "sql/duckdb.h"
#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

bool OneOf(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

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

class ColumnKeeper {
 public:
  explicit ColumnKeeper(const StateRequest& request) : request_(request), call_(request.call), text_(request) {}

  SqlResult<AggregateState> Keep(Family family) {
    switch (family) {
      case Family::kCount:
        return Column("sum", text_.Call(call_.function), "coalesce(sum({0}), 0)");
      case Family::kCountIf:
        return Column("sum", text_.Call(call_.function), "sum({0})");
      case Family::kSum:
        return call_.type == "DOUBLE" ? ExactSum() : Column("sum", text_.Call("sum"), "sum({0})");
      case Family::kExactSum:
        return ExactSum();
      case Family::kAverage:
        return Average();
      case Family::kExactAverage:
        return Exact("tailrace_sum_state", "tailrace_avg({0})");
      case Family::kMoments:
        return Moments();
      case Family::kItself:
        return Itself();
      case Family::kFirst:
        return HasOrder(call_.tree) ? FirstInOrder("first", "") : AtPlace("arg_min_null", "min", "");
      case Family::kLast:
        return HasOrder(call_.tree) ? FirstInOrder("last", "") : AtPlace("arg_max_null", "max", "");
      case Family::kAnyValue:
        return HasOrder(call_.tree) ? FirstInOrder("first", text_.Present(0))
                                    : AtPlace("arg_min", "min", text_.Present(0));
      case Family::kArgument:
        return AtExtreme();
      default:
        return text_.Unkept("it is not kept incrementally");
    }
  }

 private:
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
    return Column("tailrace_merge",
                  fmt::format("{}(CAST({} AS DOUBLE)){}", state_function, text_.Argument(0), text_.Filter()), merged);
  }

  AggregateState ExactSum() { return Exact("tailrace_sum_state", "tailrace_sum({0})"); }

  SqlResult<AggregateState> Average() {
    const std::string& type = call_.argument_types.at(0);
    if (type == "DOUBLE" || type == "FLOAT") return Exact("tailrace_sum_state", "tailrace_avg({0})");
    const std::optional<int> scale = ScaleOf(type);
    if (!IsIntegerType(type) && !scale)
      return text_.Unkept(fmt::format("an average of {} is not kept incrementally", type));
    const std::string sum = NewName();
    const std::string count = NewName();
    ColumnState state;
    state.columns.push_back({sum, text_.Call("sum"), fmt::format("sum({})", QuoteIdentifier(sum))});
    state.columns.push_back(
        {count, text_.Call("count"), fmt::format("CAST(sum({}) AS BIGINT)", QuoteIdentifier(count))});
    const std::string s = fmt::format("sum({})", QuoteIdentifier(sum));
    const std::string n = fmt::format("sum({})", QuoteIdentifier(count));
    // DuckDB divides the digits by the count times 10^k; other ways to write it round otherwise. Beyond a few places
    // the digits of the sum might not fit.
    constexpr int kScaleMax = 6;
    if (scale && *scale > 0 && *scale <= kScaleMax) {
      const std::string unit = "1" + std::string(static_cast<size_t>(*scale), '0');
      state.merged = fmt::format(
          "CAST(CAST({0} * {2} AS HUGEINT) AS DOUBLE) / (CAST({1} AS DOUBLE) * CAST({2} AS DOUBLE))", s, n, unit);
    } else {
      state.merged = fmt::format("CAST({} AS DOUBLE) / CAST({} AS DOUBLE)", s, n);
    }
    return state;
  }

  SqlResult<AggregateState> Moments() {
    constexpr std::string_view kPopulation[] = {"var_pop", "stddev_pop"};
    constexpr std::string_view kRoots[] = {"stddev", "stddev_pop", "stddev_samp"};
    const std::string variance =
        OneOf(call_.function, kPopulation) ? "tailrace_var_pop({0})" : "tailrace_var_samp({0})";
    return Exact("tailrace_moments_state", OneOf(call_.function, kRoots) ? "sqrt(" + variance + ")" : variance);
  }

  SqlResult<AggregateState> Itself() {
    if (call_.tree["children"].size() != 1) return text_.Unkept("with a number of values it is not kept incrementally");
    return Column(call_.function, text_.Call(call_.function), call_.function + "({0})");
  }

  // The value at the first or last place.
  AggregateState AtPlace(std::string_view function, std::string_view place_function, const std::string& condition) {
    const std::string value = NewName();
    const std::string place = NewName();
    const std::string at = PlaceValue(request_.places);
    ColumnState state;
    const std::string merged = fmt::format("{}({}, {})", function, QuoteIdentifier(value), QuoteIdentifier(place));
    state.columns.push_back(
        {value, fmt::format("{}({}, {}){}", function, text_.Argument(0), at, text_.Filter(condition)), merged});
    state.columns.push_back({place, fmt::format("{}({}){}", place_function, at, text_.Filter(condition)),
                             fmt::format("{}({})", place_function, QuoteIdentifier(place))});
    state.merged = merged;
    return state;
  }

  // Of equal extremes the one that came first.
  SqlResult<AggregateState> AtExtreme() {
    if (call_.arguments.size() != 2 || call_.tree["children"].size() != 2)
      return text_.Unkept("with a number of values it is not kept incrementally");
    const bool greatest = call_.function.find("max") != std::string::npos;
    const bool with_nulls = call_.function.ends_with("_null");
    if (HasOrder(call_.tree))
      return text_.Unkept(
          "with ORDER BY it is not kept incrementally: of equal ones the first in the stream's order is taken");
    const std::string key = fmt::format("{{'y': {}, 'p': {}}}", text_.Argument(1),
                                        greatest ? OppositePlaceValue(request_.places) : PlaceValue(request_.places));
    const std::string condition = with_nulls ? text_.Present(1) : text_.Present(0) + " AND " + text_.Present(1);
    const std::string function = fmt::format("arg_{}{}", greatest ? "max" : "min", with_nulls ? "_null" : "");
    const std::string extreme = greatest ? "max" : "min";
    const std::string value_column = NewName();
    const std::string key_column = NewName();
    const std::string merged =
        fmt::format("{}({}, {})", function, QuoteIdentifier(value_column), QuoteIdentifier(key_column));
    ColumnState state;
    state.columns.push_back(
        {value_column, fmt::format("{}({}, {}){}", function, text_.Argument(0), key, text_.Filter(condition)), merged});
    state.columns.push_back({key_column, fmt::format("{}({}){}", extreme, key, text_.Filter(condition)),
                             fmt::format("{}({})", extreme, QuoteIdentifier(key_column))});
    state.merged = merged;
    return state;
  }

  // One struct of the value with all that orders it.
  AggregateState FirstInOrder(std::string_view function, const std::string& condition) {
    const std::string name = NewName();
    const std::string column = QuoteIdentifier(name);
    std::string fields = "'v': " + text_.Argument(0);
    for (size_t i = 0; i < call_.orders.size(); ++i)
      fields += fmt::format(", 'o{}': {}", i, QuoteIdentifier(call_.orders[i]));
    for (size_t i = 0; i < request_.places.size(); ++i)
      fields += fmt::format(", 'p{}': {}", i, QuoteIdentifier(request_.places[i]));
    const std::string by_rows = text_.Order([&](size_t i) { return QuoteIdentifier(call_.orders[i]); },
                                            [&](size_t i) { return QuoteIdentifier(request_.places[i]); });
    const std::string by_fields =
        text_.Order([&](size_t i) { return fmt::format("struct_extract({}, 'o{}')", column, i); },
                    [&](size_t i) { return fmt::format("struct_extract({}, 'p{}')", column, i); });
    const std::string fold =
        fmt::format("{}({} ORDER BY {}) FILTER (WHERE {} IS NOT NULL)", function, column, by_fields, column);
    ColumnState state;
    state.columns.push_back(
        {name, fmt::format("{}({{{}}} ORDER BY {}){}", function, fields, by_rows, text_.Filter(condition)), fold});
    state.merged = fmt::format("struct_extract({}, 'v')", fold);
    return state;
  }

  const StateRequest& request_;
  const AggregateCall& call_;
  CallText text_;
  int names_ = 0;
};

}  // namespace

SqlResult<AggregateState> KeepInColumns(const StateRequest& request, Family family) {
  return ColumnKeeper(request).Keep(family);
}

}  // namespace tailrace::sql
