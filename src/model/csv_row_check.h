// Whether a row of CSV is a record of a schema, seen from its fields, before it is JSON: what RecordDecoder would find out again from its text.
//
// Only what is plain is decided: fields, and names of columns that the schema lacks, of ASCII without quotes, backslashes and control characters, in
// columns of scalars. There the text of
// a field and of the JSON that CsvReader makes of it are the same bytes, and the same ScalarReader reads them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/csv_parser.h"
#include "model/key_capture.h"
#include "model/scalar_reader.h"
#include "model/schema.h"

namespace tailrace {

// Threads: one.
class CsvRowCheck {
 public:
  // `key` as for RecordDecoder::Compile, which takes it for this schema.
  CsvRowCheck(const Schema& schema, std::string_view key);
  CsvRowCheck(const CsvRowCheck&) = delete;
  CsvRowCheck& operator=(const CsvRowCheck&) = delete;

  // The columns of the rows to come: a header that CsvReader takes.
  void SetHeader(const std::vector<std::string>& names);

  // True: the decoder takes the row. False: it is for the decoder to say. `row` has a field for each column.
  bool Passes(const CsvRow& row);

  // Of the last row that passed, as RecordDecoder::key. Valid until the next call.
  std::optional<std::string_view> key() const;

 private:
  struct Column {
    std::optional<ScalarReader> reader;  // none: any text will do
    bool nullable = false;
    bool is_key = false;
  };

  bool PassesField(const CsvField& field, const Column& column);

  const Schema schema_;
  const std::string key_name_;
  std::optional<KeyCapture> key_;
  std::vector<Column> columns_;
  bool decides_ = false;  // all columns are of kinds that are decided here
};

}  // namespace tailrace
