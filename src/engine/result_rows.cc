#include "engine/result_rows.h"

#include "model/json_tokens.h"

namespace tailrace::engine {
namespace {

// A value's text as a key: a string without its quotes, null as nothing, anything else as it is written.
Result<std::optional<std::string>> PlainText(const std::string& json) {
  if (json == "null") return std::optional<std::string>();
  if (json.size() < 2 || json.front() != '"') return std::optional(json);
  std::string text;
  if (UnescapeJson(std::string_view(json).substr(1, json.size() - 2), &text) != JsonFault::kNone) {
    return Fail(Error::Internal("a result is not JSON: " + json));
  }
  return std::optional(std::move(text));
}

}  // namespace

bool ResultRows::Begin(std::span<const ColumnInfo> columns) {
  columns_.assign(columns.begin(), columns.end());
  return true;
}

bool ResultRows::Row(std::span<const std::string_view> json_values) {
  rows_.emplace_back(json_values.begin(), json_values.end());
  return true;
}

Result<std::vector<DocumentChange>> ResultRows::AsDocuments(size_t indexed) {
  if (columns_.size() < 2 + indexed) return Fail(Error::Invalid("a collection needs the columns key and document"));
  texts_.clear();
  for (const auto& row : rows_) {
    std::vector<std::optional<std::string>> texts;
    TR_TRY(texts.emplace_back(), PlainText(row[0]));
    for (size_t i = 0; i < indexed; ++i) {
      TR_TRY(texts.emplace_back(), PlainText(row[2 + i]));
    }
    texts_.push_back(std::move(texts));
  }
  std::vector<DocumentChange> changes;
  for (size_t r = 0; r < rows_.size(); ++r) {
    if (!texts_[r][0]) continue;
    DocumentChange change{*texts_[r][0], rows_[r][1], {}};
    for (size_t i = 0; i < indexed; ++i) change.indexed.emplace_back(texts_[r][1 + i]);
    changes.push_back(std::move(change));
  }
  return changes;
}

}  // namespace tailrace::engine
