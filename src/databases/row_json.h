// Rows of a database as JSON objects, written in the way a schema reads them.
#pragma once

#include <string>
#include <vector>

#include "databases/database.h"
#include "model/schema.h"
#include "model/time_spelling.h"

namespace tailrace {

// Numbers keep every digit; where a field is a string the value is its text in the database; a time whose field has a
// format or a unit is written so, else as RFC 3339 in UTC; NULL is null. Threads: one.
class RowJson {
 public:
  RowJson(const std::vector<DatabaseColumn>& columns, const Schema& schema);

  // Appends the object of the row that `database` stands at.
  void Append(Database& database, std::string* out) const;

 private:
  struct Column {
    std::string prefix;  // `{"id":`
    ValueKind kind = ValueKind::kText;
    bool as_text = false;  // the field is a string
    bool is_bool = false;  // the field is one
    bool nested = false;   // the field is a struct, list or map
    TimeSpelling time;
  };

  void AppendValue(const Column& column, std::string_view value, std::string* out) const;

  std::vector<Column> columns_;
};

}  // namespace tailrace
