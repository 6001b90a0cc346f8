#include <algorithm>
#include <cstring>

#include "model/json_text.h"
#include "sources/json_rows.h"
#include "sources/row_format.h"

namespace tailrace {
namespace {

class JsonLinesFormat final : public RowFormat {
 public:
  JsonLinesFormat(bool latin1, size_t row_bytes_max, std::string_view records)
      : latin1_(latin1), row_bytes_max_(row_bytes_max), records_(records) {}

  Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) override { return ByteOrderMarkSize(block); }

  Result<BlockUse> ReadRows(const TextBlock& block, RowBatch* rows) override {
    std::string_view text = block.text;
    BlockUse use;
    while (use.bytes < text.size()) {
      const char* begin = text.data() + use.bytes;
      auto* line_end = static_cast<const char*>(std::memchr(begin, '\n', text.size() - use.bytes));
      if (line_end == nullptr && text.size() - use.bytes > row_bytes_max_) {
        // Alone in its batch, for its rest is stepped over before anything else is read.
        if (rows->empty()) AddLongLine(text.substr(use.bytes, row_bytes_max_), block, &use, rows);
        break;
      }
      if (line_end == nullptr && !block.final) break;
      size_t size = line_end == nullptr ? text.size() - use.bytes : static_cast<size_t>(line_end - begin);
      AddLine(text.substr(use.bytes, size), block.place + static_cast<int64_t>(use.bytes), rows);
      use.bytes += size + (line_end == nullptr ? 0 : 1);
    }
    return use;
  }

 private:
  void AddLine(std::string_view line, int64_t place, RowBatch* rows) {
    ++lines_;
    // As it stands, so that the fault is the same, at the same place, when the line's end was not yet there.
    if (line.size() > row_bytes_max_)
      return rows->AddFault(line.substr(0, row_bytes_max_), "a line " + LimitText(row_bytes_max_), place, lines_);
    while (!line.empty() && JsonTokens::IsJsonSpace(line.back())) line.remove_suffix(1);
    while (!line.empty() && JsonTokens::IsJsonSpace(line.front())) {
      line.remove_prefix(1);
      ++place;
    }
    if (line.empty()) return;
    if (!records_.empty()) return AddRecords(line, place, rows);
    if (latin1_) return AddJsonRow(line, true, place, lines_, rows);
    rows->AddView(line, line, place, lines_);
  }

  // The records of a line that is a document of several.
  void AddRecords(std::string_view line, int64_t place, RowBatch* rows) {
    if (std::optional<JsonError> error = document_.Parse(line))
      return rows->AddFault(line, error->reason + " at byte " + std::to_string(error->byte), place, lines_);
    Result<std::vector<JsonPart>> parts = document_.FindAll(records_);
    if (!parts) return rows->AddFault(line, parts.error().message(), place, lines_);
    for (const JsonPart& part : *parts)
      AddJsonRow(part.text, false, place + static_cast<int64_t>(part.byte), lines_, rows);
  }

  void AddLongLine(std::string_view line, const TextBlock& block, BlockUse* use, RowBatch* rows) {
    ++lines_;
    rows->AddFault(line, "a line " + LimitText(row_bytes_max_), block.place + static_cast<int64_t>(use->bytes), lines_);
    use->bytes += line.size();
    use->long_line = true;
  }

  const bool latin1_;
  const size_t row_bytes_max_;
  const std::string records_;   // where the records of a line are; empty: it is one
  JsonDocument document_;
};

// Rows are cut out by brackets and quotes alone; whether each is JSON is for the decoder to say.
class JsonFormat final : public RowFormat {
 public:
  JsonFormat(bool latin1, size_t row_bytes_max) : latin1_(latin1), row_bytes_max_(row_bytes_max) {}

  Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) override {
    std::optional<size_t> mark = ByteOrderMarkSize(block);
    if (!mark) return std::nullopt;
    size_t at = SkipSpace(block.text, *mark);
    if (at == block.text.size() && !block.final) return std::nullopt;
    bool is_array = at < block.text.size() && block.text[at] == '[';
    expects_ = is_array ? Expects::kFirst : Expects::kSequence;
    if (is_array) ++at;
    CountLines(block.text.substr(0, at));
    return at;
  }

  Result<BlockUse> ReadRows(const TextBlock& block, RowBatch* rows) override {
    BlockUse use;
    while (true) {
      size_t at = SkipSpace(block.text, use.bytes);
      CountLines(block.text.substr(use.bytes, at - use.bytes));
      use.bytes = at;
      if (at == block.text.size()) return AtEnd(block, use, *rows);
      char c = block.text[at];
      if (expects_ == Expects::kEnd) return Wrong(block, use, "something follows the array", *rows);
      bool closes = c == ']' && (expects_ == Expects::kFirst || expects_ == Expects::kComma);
      if (closes || (expects_ == Expects::kComma && c == ',')) {
        expects_ = closes ? Expects::kEnd : Expects::kElement;
        ++use.bytes;
        continue;
      }
      if (expects_ == Expects::kComma) return Wrong(block, use, "neither `,` nor `]`", *rows);
      size_t end = 0;
      JsonScan scan = ScanJsonValue(block.text, at, &end);
      if (scan == JsonScan::kIncomplete && block.final && expects_ == Expects::kSequence &&
          EndsAsWord(block.text, at)) {
        end = block.text.size();
        scan = JsonScan::kValue;
      }
      if (scan == JsonScan::kBroken) return Wrong(block, use, "no value", *rows);
      if (scan == JsonScan::kIncomplete) {
        if (block.final) return Wrong(block, use, "a value that does not end", *rows);
        if (block.text.size() - at > row_bytes_max_)
          return Wrong(block, use, "a value " + LimitText(row_bytes_max_), *rows);
        return use;
      }
      AddJsonRow(block.text.substr(at, end - at), latin1_, block.place + static_cast<int64_t>(at), lines_ + 1, rows);
      CountLines(block.text.substr(at, end - at));
      use.bytes = end;
      if (expects_ != Expects::kSequence) expects_ = Expects::kComma;
    }
  }

  std::string State() const override { return std::string(1, static_cast<char>(expects_)); }

  void Resume(int64_t lines, const std::string& state) override {
    lines_ = lines;
    if (state.size() == 1) expects_ = static_cast<Expects>(state[0]);
  }

 private:
  // What may come next; the letters stand in positions in the log.
  enum class Expects : char { kFirst = 'f', kElement = 'e', kComma = 'c', kEnd = 'x', kSequence = 's' };

  static size_t SkipSpace(std::string_view text, size_t at) {
    while (at < text.size() && JsonTokens::IsJsonSpace(text[at])) ++at;
    return at;
  }

  // A number or word is ended by the end of the file.
  static bool EndsAsWord(std::string_view text, size_t at) {
    return text[at] != '{' && text[at] != '[' && text[at] != '"';
  }

  void CountLines(std::string_view text) { lines_ += std::count(text.begin(), text.end(), '\n'); }

  Result<BlockUse> AtEnd(const TextBlock& block, const BlockUse& use, const RowBatch& rows) const {
    bool complete = expects_ == Expects::kEnd || expects_ == Expects::kSequence;
    if (!block.final || complete) return use;
    return Wrong(block, use, "the array does not end", rows);
  }

  // Rows found so far go first; the fault comes again with the next block.
  static Result<BlockUse> Wrong(const TextBlock& block, const BlockUse& use, const std::string& what,
                                const RowBatch& rows) {
    if (!rows.empty()) return use;
    return Fail(Error::Invalid(what + " at byte " + std::to_string(block.place + static_cast<int64_t>(use.bytes))));
  }

  const bool latin1_;
  const size_t row_bytes_max_;
  Expects expects_ = Expects::kFirst;
};

}  // namespace

std::unique_ptr<RowFormat> MakeJsonLinesFormat(bool latin1, size_t row_bytes_max, std::string_view records) {
  return std::make_unique<JsonLinesFormat>(latin1, row_bytes_max, records);
}

std::unique_ptr<RowFormat> MakeJsonFormat(bool latin1, size_t row_bytes_max) {
  return std::make_unique<JsonFormat>(latin1, row_bytes_max);
}

}  // namespace tailrace
