// Rows from memory, as a source.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/record_decoder.h"
#include "ports/source.h"

namespace tailrace {

// One item, `fake`, whose rows have their numbers as places. A text that begins with `!` is a faulty row with the rest
// as its reason. Threads: one.
class FakeSource final : public Source {
 public:
  explicit FakeSource(std::vector<std::string> rows) : rows_(std::move(rows)) {
    for (std::string& row : rows_) row.append(RecordDecoder::kPadding, '\0');
  }

  Result<SourceBatch> Next(size_t bytes_max, const ResumeLookup& resume, std::stop_token stop) override {
    SourceBatch batch;
    batch.item = batch.item_name = "fake";
    if (!opened_) next_ = static_cast<size_t>(resume("fake").value_or(ResumePoint{}).next);
    opened_ = true;
    for (size_t bytes = 0; next_ < rows_.size() && bytes < bytes_max && !stop.stop_requested(); ++next_) {
      batch.rows.push_back(RowAt(next_));
      bytes += batch.rows.back().raw.size();
    }
    batch.next = static_cast<int64_t>(next_);
    batch.item_done = next_ == rows_.size();
    batch.end = batch.rows.empty() && !stop.stop_requested();
    return batch;
  }

  int64_t SizeHint() const override { return static_cast<int64_t>(rows_.size()); }

 private:
  SourceRow RowAt(size_t index) const {
    std::string_view text(rows_[index]);
    text.remove_suffix(RecordDecoder::kPadding);
    SourceRow row;
    row.raw = text;
    row.place = static_cast<int64_t>(index);
    if (text.starts_with('!')) row.fault = text.substr(1);
    else row.json = text;
    return row;
  }

  std::vector<std::string> rows_;
  size_t next_ = 0;
  bool opened_ = false;
};

}  // namespace tailrace
