// The answer of one SELECT, taken block by block as JSON texts; never whole in memory.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/schema.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

// A value for `$name`, given as text and bound with its type; nullopt is null.
struct BoundParameter {
  std::string name;
  Type type;
  std::optional<std::string> text;
};

// What a NaN or an infinity is, which JSON has not, wherever it stands in a value.
enum class NonFinite {
  kNull,
  kText,  // "not a number": no schema takes it for a double
};

// Threads: those of its connection, on which nothing else may run until the cursor is gone.
// Errors:  kInvalid = the SQL, a parameter, or a value that the SQL cannot take; kCancelled = stopped.
class QueryCursor {
 public:
  // Stopping ends what runs with kCancelled, also within a long expression as far as DuckDB looks up from it.
  static Result<std::unique_ptr<QueryCursor>> Open(Connection& connection, std::string_view sql,
                                                   std::span<const BoundParameter> parameters, std::stop_token stop,
                                                   NonFinite non_finite = NonFinite::kNull);
  ~QueryCursor();

  const std::vector<ResultColumn>& columns() const;

  // Goes to the next block; false at the end.
  Result<bool> Next();

  // Of the block.
  size_t row_count() const;
  std::span<const std::string_view> Row(size_t row) const;  // the JSON texts; valid until Next

  // One value of the block as plain text (a text without quotes); nullopt for null.
  std::optional<std::string> Plain(size_t row, size_t column) const;

 private:
  struct Impl;
  explicit QueryCursor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::sql
