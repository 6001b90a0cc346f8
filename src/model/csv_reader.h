// Rows of CSV as JSON objects of their texts, by a header and a schema. Used by the HTTP door and by the file source,
// so that a row travels the same whichever way it came.
//
// Each column becomes `"NAME":"text"`; an empty field is null where the schema's field may be null, else the empty
// text. A field whose type is json, a list or an object travels as the JSON it holds, if it does hold JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/csv_parser.h"
#include "model/schema.h"

namespace tailrace {

// Threads: one.
class CsvReader {
 public:
  CsvReader(const Schema& schema, const CsvOptions& options);

  // Reads the header from the beginning of a file (a byte order mark is stepped over). `*next` is where the rows begin,
  // 0 when more text is needed; `*lines` the lines up to there. kInvalid: no header, a repeated name, or names that
  // make every row a fault: one that a schema rejects, or none of a field that may not be null.
  Status ReadHeader(std::string_view text, bool final, size_t* next, int64_t* lines);

  // Reads the first row of `text` and appends it to `json`; nothing is appended but for kRow.
  CsvStep Next(std::string_view text, bool final, CsvRow* row, std::string* json);

  const std::vector<std::string>& names() const { return names_; }

 private:
  enum class Cell { kText, kNullWhenEmpty, kJson, kNullableJson };
  struct Column {
    std::string prefix;   // `{"InvoiceNo":` or `,"StockCode":`
    Cell cell = Cell::kText;
  };

  Status SetHeader(const CsvRow& row);
  Status CheckNames() const;
  void AppendField(const CsvField& field, Cell cell, std::string* json);
  void AppendText(const CsvField& field, std::string* json);
  // The field's text in UTF-8, its quotes single. Valid until the next call.
  std::string_view Plain(const CsvField& field);

  const Schema schema_;
  CsvOptions options_;
  CsvParser parser_;
  std::vector<std::string> names_;
  std::vector<Column> columns_;
  std::string scratch_;
};

}  // namespace tailrace
