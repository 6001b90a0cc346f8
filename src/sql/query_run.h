// One SELECT as it runs, block by block, for the files of sql/ that make something of its answer. Only they include this header.
#pragma once

#include <duckdb.h>

#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/chunk_batch_internal.h"
#include "sql/duckdb_internal.h"
#include "sql/query_cursor.h"

namespace tailrace::sql {

struct DestroyPending {
  void operator()(duckdb_pending_result pending) const { duckdb_destroy_pending(&pending); }
};
using PendingHandle = std::unique_ptr<_duckdb_pending_result, DestroyPending>;

// Threads, errors: as QueryCursor.
class QueryRun {
 public:
  // `stop` ends what runs with kCancelled.
  static Result<std::unique_ptr<QueryRun>> Start(Connection& connection, std::string_view sql, std::span<const BoundParameter> parameters,
                                                 std::stop_token stop);
  // What still runs is told to end, for DuckDB waits for its other threads when a result goes away.
  ~QueryRun();

  const std::vector<ResultColumn>& columns() const { return columns_; }
  const std::vector<TypeHandle>& types() const { return types_; }

  // The next block, which is valid until the next call; null at the end.
  Result<duckdb_data_chunk> Next();

 private:
  QueryRun(Connection& connection, std::stop_token stop) : connection_(&connection), stop_(std::move(stop)) {}
  Status Execute();
  void ReadColumns();
  Error ErrorOfResult();

  Connection* connection_;
  std::stop_token stop_;
  bool ended_ = false;
  PreparedHandle statement_;
  PendingHandle pending_;
  ResultHandle result_;
  std::vector<ResultColumn> columns_;
  std::vector<TypeHandle> types_;
  ChunkHandle chunk_;
};

}  // namespace tailrace::sql
