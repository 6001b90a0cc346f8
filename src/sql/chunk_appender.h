// Appends the rows of batches to a table, chunk by chunk, inside the connection's transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/batch_function.h"
#include "sql/chunk_batch.h"
#include "sql/duckdb.h"

namespace tailrace::sql {

// Kept over many transactions. Outside of a transaction it refuses to append, for then DuckDB would commit by itself
// every 204,800 rows; what was appended and not flushed is thrown away with it, where DuckDB alone would write it.
// Threads: those of its connection, which it must not outlive.
// Errors:  after any, roll back and make a new appender; nothing of this one is written any more.
class ChunkAppender {
 public:
  struct Table {
    std::string schema;
    std::string name;
    size_t columns = 0;  // the first of the batch's; the table has just these
  };

  static Result<ChunkAppender> Create(Connection& connection, std::shared_ptr<const BatchLayout> layout,
                                      const Table& table);
  ChunkAppender(ChunkAppender&&) noexcept;
  ChunkAppender& operator=(ChunkAppender&&) noexcept;
  ~ChunkAppender();

  // Appends and flushes; returns the rows appended, each of which was counted.
  Result<int64_t> Append(std::span<const BatchRows> parts);
  Result<int64_t> Append(const BatchRows& rows) { return Append(std::span(&rows, 1)); }

 private:
  struct Impl;
  explicit ChunkAppender(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tailrace::sql
