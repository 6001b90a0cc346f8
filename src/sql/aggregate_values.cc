// Aggregates that are kept as values: each with how often it comes, or each in its order.
#include <fmt/format.h>

#include "sql/aggregate_family.h"
#include "sql/duckdb.h"
#include "sql/table_query.h"

namespace tailrace::sql {
namespace {

class ValueKeeper {
 public:
  explicit ValueKeeper(const StateRequest& request) : request_(request), call_(request.call), text_(request) {}

  SqlResult<AggregateState> Keep(Family family) {
    switch (family) {
      case Family::kList:
        return List(false);
      case Family::kText:
        return List(true);
      case Family::kValues:
        return Values(true, false);
      case Family::kDistinct:
        return Values(false, false);
      case Family::kMode:
        return Mode();
      default:
        return text_.Unkept("it is not kept incrementally");
    }
  }

  SqlResult<AggregateState> KeepDistinct(Family family) {
    switch (family) {
      case Family::kSum:
      case Family::kExactSum:
      case Family::kAverage:
      case Family::kExactAverage:
      case Family::kMoments:
        return InOneOrder();
      case Family::kList:
      case Family::kText:
        return DistinctList();
      case Family::kMode:
        return Values(false, true);
      case Family::kLast:
      case Family::kArgument:
        return text_.Unkept("DISTINCT has no meaning here: leave it out");
      default:
        return Values(false, false);
    }
  }

 private:
  bool HasConstantOptions() const {
    const Json& children = call_.tree["children"];
    const size_t options = WithinGroup(call_.tree) != nullptr ? 0 : 1;
    for (size_t i = options; i < children.size(); ++i) {
      bool constant = true;
      VisitObjects<const Json>(children[i],
                               [&](const Json& object) { constant = constant && !IsClass(object, "COLUMN_REF"); });
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
    if (!HasConstantOptions()) return text_.Unkept("the separator must be a constant");
    ListState state;
    state.value = call_.arguments.at(0);
    state.filter = call_.filter;
    state.skips_null = skips_null;
    state.orders = call_.orders;
    const std::string order = text_.Order([](size_t i) { return fmt::format("o{}", i); },
                                          [&](size_t i) { return QuoteIdentifier(request_.places[i]); });
    TR_SQL_TRY(state.merged, CallOverValues(OrdersOf(order)));
    return state;
  }

  SqlResult<AggregateState> Values(bool repeated, bool ordered) {
    if (call_.arguments.empty() || !HasConstantOptions()) return text_.Unkept("its options must be constants");
    ValueState state;
    state.value = call_.arguments[0];
    state.filter = call_.filter;
    state.repeated = repeated;
    state.needs_place = ordered;
    TR_SQL_TRY(state.merged, CallOverValues(ordered ? OrdersOf("p") : Json::array()));
    if (call_.function == "count" || call_.function == "approx_count_distinct") state.when_empty = std::string(1, '0');
    return state;
  }

  // The most frequent value; of equally frequent ones the one that came first, or with WITHIN GROUP the first of that
  // order.
  SqlResult<AggregateState> Mode() {
    ValueState state;
    state.value = call_.arguments.at(0);
    state.filter = call_.filter;
    if (WithinGroup(call_.tree) != nullptr) {
      const bool descending = TextAt(call_.tree["order_bys"]["orders"][0], "type") == "DESCENDING";
      state.merged =
          fmt::format("first(v ORDER BY n DESC, v{}) FILTER (WHERE v IS NOT NULL)", descending ? " DESC" : "");
      return state;
    }
    state.needs_place = true;
    std::string opposite = "-p";
    if (request_.places.size() > 1) {
      opposite.clear();
      for (size_t i = 0; i < request_.places.size(); ++i)
        opposite += fmt::format("{}'p{}': -struct_extract(p, 'p{}')", i > 0 ? ", " : "", i, i);
      opposite = "{" + opposite + "}";
    }
    state.merged = fmt::format("arg_max(v, {{'n': n, 'p': {}}}) FILTER (WHERE v IS NOT NULL)", opposite);
    return state;
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
      if (order != state.value) return text_.Unkept("with DISTINCT it can be ordered by its own values only");
    Json orders = call_.tree["order_bys"]["orders"];
    for (Json& order : orders) order["expression"] = ExpressionOf("v");
    TR_SQL_TRY(state.merged, CallOverValues(std::move(orders)));
    return kept;
  }

  const StateRequest& request_;
  const AggregateCall& call_;
  CallText text_;
};

}  // namespace

SqlResult<AggregateState> KeepValues(const StateRequest& request, Family family) {
  ValueKeeper keeper(request);
  return request.call.tree.value("distinct", false) ? keeper.KeepDistinct(family) : keeper.Keep(family);
}

}  // namespace tailrace::sql
