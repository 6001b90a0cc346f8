// JSON lines and JSON values in a file: the same rows whether a text comes at once or in blocks, each of them one line, and the
// splitting of an HTTP body agrees with it.
#include <algorithm>
#include <memory>
#include <string>

#include "fuzz.h"
#include "model/json_text.h"
#include "model/record_decoder.h"
#include "sources/row_format.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 8 << 10;
constexpr size_t kRowBytesMaxHere = 64;

class Reading {
 public:
  explicit Reading(std::unique_ptr<RowFormat> format) : format_(std::move(format)) {}

  // The whole text in blocks that grow by `step` bytes; 0 for one block.
  std::string All(std::string_view text, size_t step) {
    end_ = step == 0 ? text.size() : std::min(step, text.size());
    while (!begun_ && !over_) Begin(text, step);
    while (!over_) Block(text, step);
    return seen_;
  }
  size_t rows() const { return rows_seen_; }

 private:
  void Grow(std::string_view text, size_t step) { end_ = std::min(end_ + step, text.size()); }

  void Begin(std::string_view text, size_t step) {
    const Copy block(text.substr(0, end_), RecordDecoder::kPadding);
    const auto used = format_->ReadPreamble({block.text(), end_ == text.size(), 0});
    Require(used.has_value(), "nothing before JSON can be wrong");
    if (*used) {
      at_ = **used;
      begun_ = true;
    } else {
      over_ = end_ == text.size();
      Grow(text, step);
    }
  }

  void Block(std::string_view text, size_t step) {
    const bool final = end_ == text.size();
    const Copy block(text.substr(at_, end_ - at_), RecordDecoder::kPadding);
    rows_.Clear();
    const auto used = format_->ReadRows({block.text(), final, static_cast<int64_t>(at_)}, &rows_);
    if (!used) {
      over_ = true;
      seen_ += used.error().message() + "\n";
      return;
    }
    Require(used->bytes <= block.text().size(), "no more is used than there is");
    Note(format_->State());
    at_ += used->bytes;
    if (used->long_line) {
      at_ = std::min(text.find('\n', at_), text.size() - 1) + 1;
      end_ = std::max(end_, at_);
    }
    if (used->bytes > 0) return;
    Require(!final || at_ == text.size(), "a text is read to its end");
    over_ = final;
    Grow(text, step);
  }

  void Note(const std::string& state) {
    for (const SourceRow& row : rows_.Take()) {
      ++rows_seen_;
      seen_ += std::to_string(row.place) + ":" + std::to_string(row.line) + " ";
      // A state is what a restart goes on with: it must be one word.
      Require(state.find(' ') == std::string::npos, "a state is one word");
      Require(row.fault.empty() || row.json.empty(), "a row is JSON or a fault");
      if (row.fault.empty() && !CheckJson(row.json)) Require(row.json.find('\n') == std::string_view::npos, "a row is one line");
      seen_ += row.fault.empty() ? std::string(row.json) : row.fault;
      seen_ += "\n";
    }
  }

  std::unique_ptr<RowFormat> format_;
  RowBatch rows_;
  std::string seen_;
  size_t at_ = 0;
  size_t end_ = 0;
  size_t rows_seen_ = 0;
  bool begun_ = false;
  bool over_ = false;
};

// What the door makes of the same text.
void CheckBody(std::string_view text) {
  size_t end = 0;
  for (const JsonPart& line : SplitLines(text)) {
    Require(line.byte >= end, "lines are in order");
    RequireSame(text.substr(line.byte, line.text.size()), line.text, "a line is a part of the text");
    Require(line.text.find('\n') == std::string_view::npos, "a line is one");
    end = line.byte + line.text.size();
  }
  const auto elements = SplitJsonArray(text);
  if (CheckJson(text) || text.substr(text.find_first_not_of(" \n\r\t"), 1) != "[") return;
  Require(elements.has_value(), "a list can be split");
  Reading file(MakeJsonFormat(false, kRowBytesMax));
  file.All(text, 0);
  Require(file.rows() == elements->size(), "a file and a body have the same elements");
}

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const uint8_t kind = choices.Byte();
  const size_t step = choices.Byte() % 16 + 1;
  const bool latin1 = (kind & 2) != 0;
  const size_t row_bytes_max = step % 4 == 0 ? kRowBytesMaxHere : kRowBytesMax;
  const std::string_view text = choices.rest();
  const auto make = [&] { return (kind & 1) != 0 ? MakeJsonFormat(latin1, kRowBytesMax) : MakeJsonLinesFormat(latin1, row_bytes_max); };
  RequireSame(Reading(make()).All(text, 0), Reading(make()).All(text, step), "the blocks in which a text comes change nothing");
  CheckBody(text);
}

}  // namespace tailrace::fuzz
