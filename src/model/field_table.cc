#include "model/field_table.h"

namespace tailrace {

FieldTable::FieldTable(const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    by_name_.emplace(field.name, names_.size());
    order_.push_back(names_.size());
    names_.push_back(field.name);
  }
}

std::optional<size_t> FieldTable::FindByHash(std::string_view name, size_t place) {
  auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  if (place < order_.size()) order_[place] = found->second;
  return found->second;
}

}  // namespace tailrace
