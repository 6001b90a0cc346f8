// Parameters of a SELECT, replaced by expressions.
#include "sql/syntax_tree.h"

namespace tailrace::sql {

SqlResult<Select> Select::WithParameters(const std::map<std::string, std::string>& expressions) const {
  Select copy = *this;
  std::optional<SqlError> error;
  VisitObjects<Json>(copy.tree_->node(), [&](Json& object) {
    if (error || !IsClass(object, "PARAMETER")) return;
    const auto found = expressions.find(LowerCase(TextAt(object, "identifier")));
    if (found == expressions.end()) {
      error = SqlError{"there is no parameter $" + std::string(TextAt(object, "identifier")), PositionOf(object)};
      return;
    }
    Json value = ExpressionOf(found->second);
    value["alias"] = TextAt(object, "alias");
    object = std::move(value);
  });
  if (error) return tl::unexpected<SqlError>(*error);
  copy.tree_->root["statements"][0]["named_param_map"] = Json::array();
  return copy;
}

}  // namespace tailrace::sql
