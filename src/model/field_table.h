// Field names of an object, looked up once for each field of each record: first where the last record had it, then by
// hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/schema.h"

namespace tailrace {

// Threads: one; Find learns. Ownership: borrows the names, which must outlive this.
class FieldTable {
 public:
  explicit FieldTable(const std::vector<Field>& fields);

  // Index of the field `name`, which is the `place`-th of its object.
  std::optional<size_t> Find(std::string_view name, size_t place) {
    if (place < order_.size()) {
      size_t guess = order_[place];
      if (names_[guess] == name) return guess;
    }
    return FindByHash(name, place);
  }

  const std::vector<std::string_view>& names() const { return names_; }

 private:
  std::optional<size_t> FindByHash(std::string_view name, size_t place);

  std::vector<std::string_view> names_;
  std::unordered_map<std::string_view, size_t> by_name_;
  std::vector<size_t> order_;   // which field stood at each place in the last object
};

}  // namespace tailrace
