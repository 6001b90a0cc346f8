#include "model/csv_parser.h"

#include <algorithm>
#include <cstring>

namespace tailrace {
namespace {

// Ends an unquoted field, unless it is a CR without its LF.
constexpr uint8_t kStop = 4;

bool IsLineEnd(char c) { return c == '\n' || c == '\r'; }

// Bytes of the line end at `at`: 0 when there is none there.
size_t LineEndSize(std::string_view text, size_t at) {
  if (at < text.size() && text[at] == '\n') return 1;
  return text.substr(at, 2) == "\r\n" ? 2 : 0;
}

int64_t CountLines(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

}  // namespace

// How one field, and so perhaps the row, came out.
struct CsvParser::Cursor {
  enum class Outcome { kField, kMore, kOpenQuote, kTextAfterQuote };

  const CsvParser& parser;
  std::string_view text;
  bool final;
  size_t at;
  int64_t inner_lines = 0;

  Outcome Take(CsvField* field) { return at < text.size() && text[at] == '"' ? Quoted(field) : Plain(field); }

  Outcome Plain(CsvField* field) {
    size_t begin = at;
    uint8_t seen = 0;
    for (; at < text.size(); ++at) {
      uint8_t classes = parser.classes_[static_cast<unsigned char>(text[at])];
      if ((classes & kStop) != 0) {
        if (text[at] != '\r') break;
        if (at + 1 == text.size() && !final) return Outcome::kMore;
        if (LineEndSize(text, at) != 0) break;
      }
      seen |= classes;
    }
    if (at == text.size() && !final) return Outcome::kMore;
    field->text = text.substr(begin, at - begin);
    field->has_quotes = false;
    field->classes = seen;
    return Outcome::kField;
  }

  Outcome Quoted(CsvField* field) {
    size_t begin = ++at;
    field->has_quotes = false;
    while (true) {
      size_t quote = text.find('"', at);
      if (quote == std::string_view::npos) return final ? Outcome::kOpenQuote : Outcome::kMore;
      if (quote + 1 == text.size() && !final) return Outcome::kMore;
      at = quote + 1;
      if (at == text.size() || text[at] != '"') break;
      field->has_quotes = true;
      ++at;
    }
    field->text = text.substr(begin, at - 1 - begin);
    field->classes = 0;
    for (char c : field->text) field->classes |= parser.classes_[static_cast<unsigned char>(c)];
    inner_lines += CountLines(field->text);
    if (at == text.size() || text[at] == parser.options_.delimiter || LineEndSize(text, at) != 0)
      return Outcome::kField;
    return text[at] == '\r' && at + 1 == text.size() && !final ? Outcome::kMore : Outcome::kTextAfterQuote;
  }
};

CsvParser::CsvParser(const CsvOptions& options) : options_(options) {
  for (int byte = 0; byte < 256; ++byte) {
    uint8_t classes = byte >= 0x80 ? CsvField::kHighByte : 0;
    if (byte < 0x20 || byte == '"' || byte == '\\') classes |= CsvField::kJsonEscaped;
    if (byte == static_cast<unsigned char>(options.delimiter) || IsLineEnd(static_cast<char>(byte))) classes |= kStop;
    classes_[byte] = classes;
  }
}

CsvStep CsvParser::Parse(std::string_view text, bool final, CsvRow* row) const {
  row->fields.clear();
  row->lines_before = 0;
  row->begin = 0;
  while (size_t blank = LineEndSize(text, row->begin)) {
    row->begin += blank;
    ++row->lines_before;
  }
  row->next = row->begin;
  row->lines = row->lines_before;
  if (row->begin == text.size()) return CsvStep::kMore;

  // The scan never looks further than a row may be long and one byte more, which tells that it is longer.
  std::string_view bounded = text.substr(0, row->begin + options_.row_bytes_max + 1);
  bool ends_here = final && !IsOverLimit(bounded, *row);
  Cursor cursor{*this, bounded, ends_here, row->begin};
  while (true) {
    auto outcome = cursor.Take(&row->fields.emplace_back());
    if (outcome == Cursor::Outcome::kMore) return IsOverLimit(bounded, *row) ? TooLong(bounded, row) : CsvStep::kMore;
    if (outcome == Cursor::Outcome::kOpenQuote)
      return Fault(bounded, row->begin, true, "a quote that is not closed", row);
    if (outcome == Cursor::Outcome::kTextAfterQuote) {
      std::string why = "text after the closing quote of field " + std::to_string(row->fields.size());
      return Fault(bounded, cursor.at, ends_here, std::move(why), row);
    }
    if (cursor.at == cursor.text.size() || cursor.text[cursor.at] != options_.delimiter) break;
    ++cursor.at;
  }
  row->end = cursor.at;
  row->next = cursor.at + LineEndSize(text, cursor.at);
  row->lines = row->lines_before + cursor.inner_lines + 1;
  return CsvStep::kRow;
}

bool CsvParser::IsOverLimit(std::string_view text, const CsvRow& row) const {
  return text.size() - row.begin > options_.row_bytes_max;
}

// The row ends with the line that `from` is in.
CsvStep CsvParser::Fault(std::string_view text, size_t from, bool final, std::string why, CsvRow* row) const {
  size_t line_end = text.find('\n', from);
  if (line_end == std::string_view::npos) {
    if (IsOverLimit(text, *row)) return TooLong(text, row);
    if (!final) return CsvStep::kMore;
    line_end = text.size();
  }
  row->end = line_end;
  if (line_end > row->begin && line_end < text.size() && text[line_end - 1] == '\r') --row->end;
  row->next = std::min(line_end + 1, text.size());
  row->lines = row->lines_before + CountLines(text.substr(row->begin, row->end - row->begin)) + 1;
  row->fault = std::move(why);
  return CsvStep::kFault;
}

// A row that does not end: its first line is given up, and reading goes on at the second.
CsvStep CsvParser::TooLong(std::string_view text, CsvRow* row) const {
  std::string limit = std::to_string(options_.row_bytes_max) + " bytes";
  if (text.find('\n', row->begin) != std::string_view::npos) {
    return Fault(text, row->begin, true, "a row that does not end within " + limit + ", as after an open quote", row);
  }
  row->end = row->next = row->begin + options_.row_bytes_max;
  row->lines = row->lines_before + 1;
  row->fault = "a line longer than a row may be (" + limit + ")";
  return CsvStep::kLongLine;
}

}  // namespace tailrace
