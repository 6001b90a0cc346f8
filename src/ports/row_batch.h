// Rows of one block while they are being found: views into the block, or texts put together here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/record_decoder.h"
#include "ports/source.h"

namespace tailrace {

// Threads: one. Ownership: the rows view the block and this batch's own text, until Clear.
class RowBatch {
 public:
  void Clear() {
    rows_.clear();
    rows_.reserve(taken_);
    made_.clear();
    keys_.clear();
    text_.clear();
  }

  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }

  // Where a format writes JSON of its own; then AddMade with the size it had before.
  std::string& text() { return text_; }

  // `raw` and `json` lie in the block, with the padding behind it.
  void AddView(std::string_view raw, std::string_view json, int64_t place, int64_t line) {
    rows_.push_back({json, raw, {}, place, line});
  }

  // The JSON is text() from `begin` on.
  void AddMade(std::string_view raw, size_t begin, int64_t place, int64_t line) {
    made_.push_back({rows_.size(), begin, text_.size() - begin});
    rows_.push_back({{}, raw, {}, place, line});
  }

  // The row added last, by AddMade, is known to be a record with this key.
  void SetChecked(std::optional<std::string_view> key) {
    rows_.back().checked = true;
    if (!key) return;
    keys_.push_back({rows_.size() - 1, text_.size(), key->size()});
    text_ += *key;
  }

  void AddFault(std::string_view raw, std::string why, int64_t place, int64_t line) {
    rows_.push_back({{}, raw, std::move(why), place, line});
  }

  // The rows found; they stay valid until Clear.
  std::vector<SourceRow> Take() {
    text_.append(RecordDecoder::kPadding, '\0');
    for (const Made& made : made_) rows_[made.row].json = std::string_view(text_).substr(made.begin, made.size);
    for (const Made& made : keys_) rows_[made.row].key = std::string_view(text_).substr(made.begin, made.size);
    taken_ = rows_.size();
    return std::move(rows_);
  }

 private:
  struct Made {
    size_t row;
    size_t begin;
    size_t size;
  };
  std::vector<SourceRow> rows_;
  std::vector<Made> made_;
  std::vector<Made> keys_;
  std::string text_;
  size_t taken_ = 0;   // rows of the last batch, about as many as the next will have
};

}  // namespace tailrace
