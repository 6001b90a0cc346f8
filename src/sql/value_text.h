// Values of a result as JSON text. Integers and decimals keep every digit, doubles get the shortest text that reads
// back as the same number (NonFinite says what else there may be), times are RFC 3339 with Z, intervals ISO 8601, blobs base64, structs
// and maps objects.
#pragma once

#include <duckdb.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "sql/query_cursor.h"

namespace tailrace::sql {

// Texts of one column. Only files of sql/ include this header.
class ValueText {
 public:
  virtual ~ValueText() = default;

  // Takes up the column's vector in a chunk of the result.
  virtual void Attach(duckdb_vector vector);

  bool IsNull(idx_t row) const { return validity_ != nullptr && !duckdb_validity_row_is_valid(validity_, row); }

  // Appends the JSON text of the value, `null` for null.
  void AppendJson(idx_t row, std::string* out) const {
    if (IsNull(row)) {
      out->append("null");
    } else {
      AppendValue(row, out);
    }
  }

  // The same without the quotes and escapes of a text. Not for null.
  virtual void AppendPlain(idx_t row, std::string* out) const { AppendValue(row, out); }

 protected:
  virtual void AppendValue(idx_t row, std::string* out) const = 0;

  duckdb_vector vector_ = nullptr;
  const void* data_ = nullptr;
  uint64_t* validity_ = nullptr;
};

// kInvalid names a type that has no JSON text of ours.
Result<std::unique_ptr<ValueText>> MakeValueText(duckdb_logical_type type, NonFinite non_finite);

}  // namespace tailrace::sql
