#include <algorithm>
#include <cstring>

#include "model/json_text.h"
#include "sources/row_format.h"

namespace tailrace {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Bytes of a byte order mark at the beginning; nullopt when that cannot be told yet.
std::optional<size_t> MarkSize(const TextBlock& block) {
  bool undecided = block.text.size() < kByteOrderMark.size() && kByteOrderMark.starts_with(block.text);
  if (undecided && !block.final) return std::nullopt;
  return block.text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
}

bool HasHighByte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

bool HasLineBreak(std::string_view text) {
  return std::memchr(text.data(), '\n', text.size()) != nullptr ||
         std::memchr(text.data(), '\r', text.size()) != nullptr;
}

void AppendLatin1(std::string_view text, std::string* out) {
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out->push_back(c);
    } else {
      out->push_back(static_cast<char>(0xC0 | byte >> 6));
      out->push_back(static_cast<char>(0x80 | (byte & 0x3F)));
    }
  }
}

// A row of one JSON text, which is copied only where it must become UTF-8 or one line.
void AddJsonRow(std::string_view json, bool latin1, int64_t place, int64_t line, RowBatch* rows) {
  bool converts = latin1 && HasHighByte(json);
  if (!converts && !HasLineBreak(json)) return rows->AddView(json, json, place, line);
  size_t begin = rows->text().size();
  if (converts) AppendLatin1(json, &rows->text());
  else rows->text() += json;
  ReplaceLineBreaks(rows->text().data() + begin, rows->text().size() - begin);
  rows->AddMade(json, begin, place, line);
}

std::string LimitText(size_t row_bytes_max) {
  return "longer than a row may be (" + std::to_string(row_bytes_max) + " bytes)";
}

class JsonLinesFormat final : public RowFormat {
 public:
  JsonLinesFormat(bool latin1, size_t row_bytes_max) : latin1_(latin1), row_bytes_max_(row_bytes_max) {}

  Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) override { return MarkSize(block); }

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
    if (latin1_) return AddJsonRow(line, true, place, lines_, rows);
    rows->AddView(line, line, place, lines_);
  }

  void AddLongLine(std::string_view line, const TextBlock& block, BlockUse* use, RowBatch* rows) {
    ++lines_;
    rows->AddFault(line, "a line " + LimitText(row_bytes_max_), block.place + static_cast<int64_t>(use->bytes), lines_);
    use->bytes += line.size();
    use->long_line = true;
  }

  const bool latin1_;
  const size_t row_bytes_max_;
};

// Rows are cut out by brackets and quotes alone; whether each is JSON is for the decoder to say.
class JsonFormat final : public RowFormat {
 public:
  JsonFormat(bool latin1, size_t row_bytes_max) : latin1_(latin1), row_bytes_max_(row_bytes_max) {}

  Result<std::optional<size_t>> ReadPreamble(const TextBlock& block) override {
    std::optional<size_t> mark = MarkSize(block);
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

std::unique_ptr<RowFormat> MakeJsonLinesFormat(bool latin1, size_t row_bytes_max) {
  return std::make_unique<JsonLinesFormat>(latin1, row_bytes_max);
}

std::unique_ptr<RowFormat> MakeJsonFormat(bool latin1, size_t row_bytes_max) {
  return std::make_unique<JsonFormat>(latin1, row_bytes_max);
}

}  // namespace tailrace
