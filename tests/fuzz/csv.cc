// CSV: the same rows whether a text comes at once or in blocks, each of them one line of JSON with every column once, no
// byte of the text left out, and no row marked as a record that is none.
#include <memory>
#include <string>

#include "fuzz.h"
#include "model/csv_reader.h"
#include "model/json_text.h"
#include "model/record_decoder.h"
#include "sources/row_format.h"

namespace tailrace::fuzz {
namespace {

constexpr size_t kInputBytesMax = 8 << 10;
constexpr size_t kRowBytesMaxHere = 64;
const std::string kKey = "k";

Schema AnyColumns() {
  Schema schema;
  Field json;
  json.name = "j";
  json.type.kind = TypeKind::kJson;
  json.type.nullable = true;
  Field number;
  number.name = "k";
  number.type.kind = TypeKind::kInt;
  number.type.nullable = true;
  schema.fields = {json, number};
  schema.unknown_fields = UnknownFields::kKeep;
  return schema;
}

bool IsUtf8(std::string_view text) {
  std::string quoted;
  AppendJsonString(text, &quoted);
  const auto error = CheckJson(quoted);
  return !error;
}

// All rows of a text handed out in blocks that grow by `step` bytes; 0 for one block.
class Reading {
 public:
  Reading(bool latin1, size_t row_bytes_max) : format_(MakeCsvFormat(AnyColumns(), kKey, latin1, row_bytes_max)) {}

  std::string All(std::string_view text, size_t step) {
    size_t end = step == 0 ? text.size() : std::min(step, text.size());
    is_text_ = IsUtf8(text) && text.find('\0') == std::string_view::npos;
    if (!Preamble(text, step, &end)) return seen_;
    while (Block(text, &end, step)) {
    }
    Require(at_ == text.size(), "a text is read to its end");
    return seen_;
  }

 private:
  bool Preamble(std::string_view text, size_t step, size_t* end) {
    while (true) {
      const Copy block(text.substr(0, *end), RecordDecoder::kPadding);
      const auto used = format_->ReadPreamble({block.text(), *end == text.size(), 0});
      if (!used) {
        seen_ += "header: " + used.error().message() + "\n";
        return false;
      }
      if (*used) {
        at_ = **used;
        return true;
      }
      if (*end == text.size()) {
        seen_ += "no header\n";
        return false;
      }
      *end = std::min(*end + step, text.size());
    }
  }

  bool Block(std::string_view text, size_t* end, size_t step) {
    const bool final = *end == text.size();
    const Copy block(text.substr(at_, *end - at_), RecordDecoder::kPadding);
    rows_.Clear();
    const auto used = format_->ReadRows({block.text(), final, static_cast<int64_t>(at_)}, &rows_);
    Require(used.has_value(), "CSV is rows and faults, never an error");
    Require(used->bytes <= block.text().size(), "no more is used than there is");
    Note();
    at_ += used->bytes;
    if (used->long_line) SkipLine(text, end);
    if (used->bytes == 0 && final) return false;
    if (used->bytes == 0) *end = std::min(*end + step, text.size());
    return at_ < text.size() || !final;
  }

  void SkipLine(std::string_view text, size_t* end) {
    const size_t newline = text.find('\n', at_);
    at_ = newline == std::string_view::npos ? text.size() : newline + 1;
    *end = std::max(*end, at_);
  }

  void Note() {
    for (const SourceRow& row : rows_.Take()) {
      seen_ += std::to_string(row.place) + ":" + std::to_string(row.line) + " ";
      if (row.fault.empty()) {
        const auto error = CheckJson(row.json);
        Require(!error || !is_text_, "a row is JSON");
        Require(row.json.find('\n') == std::string_view::npos, "a row is one line");
        seen_ += row.json;
        if (row.checked) CheckMark(row);
      } else {
        seen_ += row.fault;
      }
      seen_ += "\n";
    }
  }

  void CheckMark(const SourceRow& row) {
    Require(decoder_.Decode(row.json, nullptr).has_value(), "a row that is marked as checked is a record");
    Require(decoder_.key() == row.key, "with the key that is noted");
  }

  RecordDecoder decoder_ = RecordDecoder::Compile(AnyColumns(), kKey).value();
  std::unique_ptr<RowFormat> format_;
  RowBatch rows_;
  size_t at_ = 0;
  bool is_text_ = false;
  std::string seen_;
};

}  // namespace

void Run(std::string_view input) {
  if (input.size() > kInputBytesMax) return;
  Choices choices(input);
  const bool latin1 = (choices.Byte() & 1) != 0;
  const size_t step = choices.Byte() % 16 + 1;
  const size_t row_bytes_max = step % 2 == 0 ? kRowBytesMaxHere : kCsvRowBytesMax;
  const std::string at_once = Reading(latin1, row_bytes_max).All(choices.rest(), 0);
  const std::string in_blocks = Reading(latin1, row_bytes_max).All(choices.rest(), step);
  RequireSame(at_once, in_blocks, "the blocks in which a text comes change nothing");
}

}  // namespace tailrace::fuzz
