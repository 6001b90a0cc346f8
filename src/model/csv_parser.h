// Rows of CSV (RFC 4180) from a text that may end in the middle of one.
//
// Rows end with LF or CRLF; a quoted field may hold both, and a quote as two quotes. Blank lines are no rows. A quote
// inside a field that does not begin with one stands for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tailrace {

// A row may not be longer than this unless told otherwise; a quote that is not closed costs one line, not the
// rest of the file.
inline constexpr size_t kCsvRowBytesMax = 1 << 20;

struct CsvOptions {
  bool latin1 = false;      // else UTF-8, whose validity is for the decoder to check
  char delimiter = ',';
  size_t row_bytes_max = kCsvRowBytesMax;
};

struct CsvField {
  std::string_view text;        // without its outer quotes
  bool has_quotes = false;      // quotes in it are doubled
  uint8_t classes = 0;          // kJsonEscaped, kHighByte: what its bytes hold
  static constexpr uint8_t kJsonEscaped = 1;   // a control character, quote or backslash
  static constexpr uint8_t kHighByte = 2;      // a byte of 0x80 or more
};

// One row, by places in the text it was read from.
struct CsvRow {
  std::vector<CsvField> fields;
  size_t begin = 0;            // first byte
  size_t end = 0;              // behind the last, without the line end
  size_t next = 0;             // where the next row begins
  int64_t lines_before = 0;    // blank lines in front
  int64_t lines = 0;           // lines up to `next`
  std::string fault;
};

enum class CsvStep {
  kRow,
  kFault,      // `row.fault` says why; begin, end and next are set
  kLongLine,   // as kFault, but the line goes on behind `next`: the rest of it, to its LF, is to be skipped
  kMore,       // no whole row; blank lines end at `row.next`. With `final` there is none
};

// Threads: any; Parse holds no state.
class CsvParser {
 public:
  explicit CsvParser(const CsvOptions& options);

  // The first row of `text`. `final`: nothing follows, so that a row may end with the text.
  CsvStep Parse(std::string_view text, bool final, CsvRow* row) const;

 private:
  struct Cursor;

  CsvStep Fault(std::string_view text, size_t from, bool final, std::string why, CsvRow* row) const;
  CsvStep TooLong(std::string_view text, CsvRow* row) const;
  bool IsOverLimit(std::string_view text, const CsvRow& row) const;

  CsvOptions options_;
  uint8_t classes_[256];
};

}  // namespace tailrace
