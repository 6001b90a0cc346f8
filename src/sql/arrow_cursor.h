// The answer of one SELECT as an Arrow IPC stream, block by block; never whole in memory here.
#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/query_cursor.h"

namespace tailrace::sql {

// Columns are of the types that lake::FileTypeText names: all others are cast before.
// Threads, errors: as QueryCursor; kInternal = a column of another type.
class ArrowCursor {
 public:
  // Appends what the stream begins with.
  static Result<std::unique_ptr<ArrowCursor>> Open(Connection& connection, std::string_view sql, std::span<const BoundParameter> parameters,
                                                   std::stop_token stop, std::string* out);
  ~ArrowCursor();

  // Appends the next block, of which at most `rows_max` rows (without any: nothing), and tells how many it has whole; 0 at the end.
  Result<size_t> Next(size_t rows_max, std::string* out);

  // Appends what the stream ends with, wherever it is.
  void End(std::string* out);

 private:
  struct Impl;
  explicit ArrowCursor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::sql
