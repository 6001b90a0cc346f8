#include "sql/aggregate_family.h"

#include <fmt/format.h>

#include <map>

#include "sql/duckdb.h"

namespace tailrace::sql {
namespace {

struct FamilyNames {
  Family family;
  std::vector<std::string_view> names;
};

const std::vector<FamilyNames>& AllFamilies() {
  static const std::vector<FamilyNames> families = {
      {Family::kCount, {"count", "count_star"}},
      {Family::kCountIf, {"count_if", "countif"}},
      {Family::kSum, {"sum"}},
      {Family::kExactSum, {"fsum", "kahan_sum", "sumkahan"}},
      {Family::kAverage, {"avg", "mean"}},
      {Family::kExactAverage, {"favg"}},
      {Family::kMoments, {"var_pop", "var_samp", "variance", "stddev", "stddev_pop", "stddev_samp"}},
      {Family::kItself, {"min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor"}},
      {Family::kFirst, {"first", "arbitrary"}},
      {Family::kLast, {"last"}},
      {Family::kAnyValue, {"any_value"}},
      {Family::kArgument,
       {"arg_min", "arg_max", "argmin", "argmax", "min_by", "max_by", "arg_min_null", "arg_max_null"}},
      {Family::kList, {"list", "array_agg"}},
      {Family::kText, {"string_agg", "listagg", "group_concat"}},
      {Family::kValues, {"median", "mad", "quantile", "quantile_cont", "quantile_disc", "histogram"}},
      {Family::kDistinct, {"approx_count_distinct"}},
      {Family::kMode, {"mode"}},
  };
  return families;
}

}  // namespace

std::optional<Family> FamilyOf(std::string_view function) {
  for (const FamilyNames& family : AllFamilies())
    for (std::string_view name : family.names)
      if (SameName(name, function)) return family.family;
  return std::nullopt;
}

bool HasOrder(const Json& call) { return !call["order_bys"]["orders"].empty(); }

std::string CallText::Argument(size_t index) const { return QuoteIdentifier(call_.arguments[index]); }

std::string CallText::Present(size_t index) const { return Argument(index) + " IS NOT NULL"; }

std::string CallText::Filter(const std::string& condition) const {
  std::string all = call_.filter.empty() ? "" : QuoteIdentifier(call_.filter);
  if (!condition.empty()) all += (all.empty() ? "" : " AND ") + condition;
  return all.empty() ? "" : " FILTER (WHERE " + all + ")";
}

std::string CallText::Call(std::string_view function) const {
  const bool star = function == "count_star";
  return fmt::format("{}({}){}", star ? "count" : function, star ? "*" : Argument(0), Filter());
}

std::string CallText::Order(const std::function<std::string(size_t)>& order,
                            const std::function<std::string(size_t)>& place) const {
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

tl::unexpected<SqlError> CallText::Unkept(std::string_view why) const {
  return Refuse(fmt::format("{}(): {}; put it in a view over the stream", call_.function, why), PositionOf(call_.tree));
}

}  // namespace tailrace::sql
