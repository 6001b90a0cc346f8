#include "sql/aggregate_state.h"

#include "sql/aggregate_family.h"

namespace tailrace::sql {
namespace {

// DISTINCT changes nothing of these.
bool IgnoresDistinct(Family family, std::string_view function) {
  return family == Family::kFirst || family == Family::kAnyValue ||
         (family == Family::kItself && function != "bit_xor");
}

bool IsOfValues(Family family) {
  return family == Family::kList || family == Family::kText || family == Family::kValues ||
         family == Family::kDistinct || family == Family::kMode;
}

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
    case Family::kMode:
      return true;
    default:
      return false;
  }
}

SqlResult<AggregateState> KeepAggregate(const StateRequest& request) {
  const AggregateCall& call = request.call;
  const std::optional<Family> family = FamilyOf(call.function);
  if (!family) return CallText(request).Unkept("it is not kept incrementally");
  const bool distinct = call.tree.value("distinct", false) && !IgnoresDistinct(*family, call.function);
  return distinct || IsOfValues(*family) ? KeepValues(request, *family) : KeepInColumns(request, *family);
}

}  // namespace tailrace::sql
