#include <algorithm>

#include "model/csv_reader.h"
#include "model/csv_row_check.h"
#include "sources/row_format.h"

namespace tailrace {
namespace {

class CsvFormat final : public RowFormat {
 public:
  CsvFormat(const Schema& schema, const std::optional<std::string>& key, const CsvOptions& options) : reader_(schema, options) {
    if (key) check_.emplace(schema, *key);
  }

  Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) override {
    size_t next = 0;
    int64_t lines = 0;
    TR_RETURN_IF_ERROR(reader_.ReadHeader(block.text, block.final, &next, &lines));
    if (next == 0) return std::nullopt;
    if (check_) check_->SetHeader(reader_.names());
    lines_ = lines;
    return next;
  }

  Result<BlockUse> ReadRows(const TextBlock& block, RowBatch* rows) override {
    BlockUse use;
    while (!use.long_line) {
      std::string_view text = block.text.substr(use.bytes);
      size_t begin = rows->text().size();
      CsvStep step = reader_.Next(text, block.final, &row_, &rows->text());
      int64_t line = lines_ + row_.lines_before + 1;
      std::string_view raw = text.substr(row_.begin, row_.end - row_.begin);
      int64_t place = block.place + static_cast<int64_t>(use.bytes + row_.begin);
      // A line too long stands alone, for its rest is stepped over before anything else is read.
      if (step == CsvStep::kLongLine && !rows->empty()) break;
      if (step == CsvStep::kRow) {
        rows->AddMade(raw, begin, place, line);
        if (check_ && check_->Passes(row_)) rows->SetChecked(check_->key());
      } else if (step != CsvStep::kMore) {
        rows->AddFault(raw, row_.fault, place, line);
      }
      use.bytes += row_.next;
      use.long_line = step == CsvStep::kLongLine;
      lines_ += row_.lines;
      if (step == CsvStep::kMore) break;
    }
    return use;
  }

 private:
  CsvReader reader_;
  std::optional<CsvRowCheck> check_;
  CsvRow row_;
};

}  // namespace

std::unique_ptr<RowFormat> MakeCsvFormat(const Schema& schema, const std::optional<std::string>& key, bool latin1, size_t row_bytes_max) {
  CsvOptions options;
  options.latin1 = latin1;
  options.row_bytes_max = std::min(row_bytes_max, kCsvRowBytesMax);
  return std::make_unique<CsvFormat>(schema, key, options);
}

}  // namespace tailrace
