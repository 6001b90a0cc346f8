// A query's whole answer in memory, for small answers: documents of a collection over views, tests.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/document_store.h"
#include "ports/warehouse.h"

namespace tailrace::engine {

class ResultRows final : public ResultSink {
 public:
  bool Begin(std::span<const ColumnInfo> columns) override;
  bool Row(std::span<const std::string_view> json_values) override;

  const std::vector<ColumnInfo>& columns() const { return columns_; }
  // JSON text of each value.
  const std::vector<std::vector<std::string>>& rows() const { return rows_; }

  // Columns key, document and those to index. Rows without a key are left out. Views point into this.
  Result<std::vector<DocumentChange>> AsDocuments(size_t indexed);

 private:
  std::vector<ColumnInfo> columns_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<std::vector<std::optional<std::string>>> texts_;  // keys and indexed values without their quotes
};

}  // namespace tailrace::engine
